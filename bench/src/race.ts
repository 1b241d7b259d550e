import type { BenchCase } from "./cases.js";
import type { Contender, Runs } from "./contender.js";
import { calm, type Patience } from "./quiet.js";
import { compare, meanWidth, summarize, type Comparison, type Ends, type Summary } from "./statistics.js";

export interface RaceOptions {
  /** Runs of each side that count. */
  readonly runs: number;
  /** Runs of one side in a row. */
  readonly block: number;
  readonly warmups: number;
  readonly patience: Patience;
}

export interface SideResult {
  readonly seconds: Summary;
  /** The first run, which records and compiles. */
  readonly first: number;
  readonly width: number;
  /** Against the golden bounds of that method. */
  readonly golden?: Comparison;
  /** A sampled output lies outside of the bounds. */
  readonly unsound: boolean;
  readonly times: readonly number[];
}

export interface RaceResult {
  readonly ours: SideResult;
  readonly peer?: SideResult;
  /** The peer's median by ours. */
  readonly ratio?: number;
  /** Our bounds against the peer's, of all instances. */
  readonly against?: Comparison;
}

/** Times one method on both sides: blocks of runs in turn, so that a busy machine is busy for both. */
export async function race(ours: Contender, peer: Contender | undefined, benchCase: BenchCase, method: string, options: RaceOptions): Promise<RaceResult> {
  const sides = peer === undefined ? [ours] : [ours, peer];
  const first: Runs[] = [];
  for (const side of sides) {
    first.push(await side.run(method, 1));
    if (options.warmups > 0) await side.run(method, options.warmups);
  }
  const times = sides.map((): number[] => []);
  const last = first.slice();
  const rounds = Math.ceil(options.runs / options.block);
  for (let round = 0; round < rounds; round++) {
    const order = sides.map((_, i) => (i + round) % sides.length);
    for (const i of order) {
      await calm(options.patience);
      // The first run after the other side's is theirs as well: caches and threads are cold.
      last[i] = await sides[i]!.run(method, options.block + 1);
      times[i]!.push(...last[i]!.seconds.slice(1));
    }
  }
  const [mine, theirs] = sides.map((_, i) => resultOf(first[i]!.seconds[0]!, times[i]!, last[i]!, benchCase, method));
  if (theirs === undefined) return { ours: mine! };
  return { ours: mine!, peer: theirs, ratio: theirs.seconds.median / mine!.seconds.median, against: compare(last[0]!, last[1]!) };
}

function resultOf(first: number, times: readonly number[], bounds: Ends, { known, sampled }: BenchCase, method: string): SideResult {
  const golden = known[method];
  return {
    seconds: summarize(times),
    first,
    width: meanWidth(bounds),
    ...(golden !== undefined && { golden: compare(bounds, golden) }),
    unsound: sampled !== undefined && !contains(bounds, sampled),
    times,
  };
}

/** The goldens' tolerance for models in float32. */
const TOLERANCE = 1e-3;

function scale({ lower, upper }: Ends): number {
  return 1 + Math.max(...[lower, upper].flatMap((end) => Array.from(end, Math.abs)));
}

function contains(bounds: Ends, sampled: Ends): boolean {
  const slack = TOLERANCE * scale(sampled);
  return Array.from(sampled.lower, (low, i) => bounds.lower[i]! <= low + slack && bounds.upper[i]! >= sampled.upper[i]! - slack).every(Boolean);
}
