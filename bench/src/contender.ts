import type { BenchCase } from "./cases.js";

/** Some runs of one method: seconds of each, and the bounds of the last. */
export interface Runs {
  readonly seconds: readonly number[];
  readonly lower: ArrayLike<number>;
  readonly upper: ArrayLike<number>;
}

/** One side of the bench. */
export interface Contender {
  /** Seconds until the first run may start. */
  load(benchCase: BenchCase): Promise<number>;
  /** Seconds of each run: the query's numbers are at hand in the side's own arrays, bounds come out as such. */
  run(method: string, times: number): Promise<Runs>;
  close(): Promise<void>;
}
