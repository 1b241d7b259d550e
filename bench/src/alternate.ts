import { calm, type Patience } from "./quiet.js";

export interface AlternateOptions {
  /** Runs of each side that count. */
  readonly runs: number;
  /** Runs of one side in a row. */
  readonly block: number;
  readonly warmups: number;
  readonly patience: Patience;
}

/** Runs something some times in a row, and says how long each took. */
export type Side<R> = (times: number) => Promise<R & { readonly seconds: readonly number[] }>;

export interface SideTimes<R> {
  readonly first: R & { readonly seconds: readonly number[] };
  readonly last: R;
  /** Seconds of the runs that count. */
  readonly times: readonly number[];
}

/** Blocks of runs of each side in turn, so that a busy machine is busy for all. */
export async function alternate<R>(
  sides: readonly Side<R>[],
  { runs, block, warmups, patience }: AlternateOptions,
): Promise<SideTimes<R>[]> {
  const results: { first: R & { readonly seconds: readonly number[] }; last: R; times: number[] }[] = [];
  for (const side of sides) {
    const first = await side(1);
    if (warmups > 0) await side(warmups);
    results.push({ first, last: first, times: [] });
  }
  const rounds = Math.ceil(runs / block);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < sides.length; turn++) {
      const i = (turn + round) % sides.length;
      await calm(patience);
      // The first run after the other side's is theirs as well: caches and threads are cold.
      const done = await sides[i]!(block + 1);
      results[i]!.last = done;
      results[i]!.times.push(...done.seconds.slice(1));
    }
  }
  return results;
}
