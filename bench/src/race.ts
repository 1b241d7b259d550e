import { alternate, type AlternateOptions } from "./alternate.js";
import type { BenchCase } from "./cases.js";
import type { Contender, Runs } from "./contender.js";
import { compare, meanWidth, summarize, type Comparison, type Ends, type Summary } from "./statistics.js";

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

/** Times one method on both sides. */
export async function race(
  ours: Contender,
  peer: Contender | undefined,
  benchCase: BenchCase,
  method: string,
  options: AlternateOptions,
): Promise<RaceResult> {
  const sides = peer === undefined ? [ours] : [ours, peer];
  const results = await alternate<Runs>(
    sides.map((side) => (times) => side.run(method, times)),
    options,
  );
  const [mine, theirs] = results.map(({ first, times, last }) =>
    resultOf(first.seconds[0]!, times, last, benchCase, method),
  );
  if (theirs === undefined) return { ours: mine! };
  return {
    ours: mine!,
    peer: theirs,
    ratio: theirs.seconds.median / mine!.seconds.median,
    against: compare(results[0]!.last, results[1]!.last),
  };
}

function resultOf(
  first: number,
  times: readonly number[],
  bounds: Ends,
  { known, sampled }: BenchCase,
  method: string,
): SideResult {
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
  return Array.from(
    sampled.lower,
    (low, i) => bounds.lower[i]! <= low + slack && bounds.upper[i]! >= sampled.upper[i]! - slack,
  ).every(Boolean);
}
