/** What is told of the times of some runs. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  /** First and third quartile: how quiet the machine was. */
  readonly quartiles: readonly [number, number];
  readonly runs: number;
}

export function summarize(times: readonly number[]): Summary {
  const sorted = [...times].sort((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    min: sorted[0] ?? NaN,
    quartiles: [quantile(sorted, 0.25), quantile(sorted, 0.75)],
    runs: sorted.length,
  };
}

/** Between two times where the share falls between them. */
function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(at)] ?? NaN, sorted[Math.ceil(at)] ?? NaN];
  return below + (above - below) * (at - Math.floor(at));
}

export interface Ends {
  readonly lower: ArrayLike<number>;
  readonly upper: ArrayLike<number>;
}

/** The mean of upper - lower. */
export function meanWidth({ lower, upper }: Ends): number {
  return mean(Array.from(lower, (low, i) => upper[i]! - low));
}

/** How bounds lie to known ones, over as many elements as those have. */
export interface Comparison {
  /** The greatest absolute difference of an end. */
  readonly difference: number;
  /** By how much an end is looser at most; negative where all are tighter. */
  readonly looser: number;
}

export function compare(bounds: Ends, known: Ends): Comparison {
  const gaps = Array.from(known.lower, (low, i) => [low - bounds.lower[i]!, bounds.upper[i]! - known.upper[i]!]).flat();
  // Math.max passes NaN on, so that a broken bound is seen.
  return { difference: Math.max(...gaps.map(Math.abs)), looser: Math.max(...gaps) };
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}
