import type { HostTensor } from "../plugin/tensor.js";

/** The lower and the upper ends that a program gave. */
export interface Ends {
  readonly lower: HostTensor;
  readonly upper: HostTensor;
}

/** A number that a program gave is a bound up to here; what lies beyond has left float32. */
const LARGEST = 3.4e38;

/** Ends that cross by no more than this share of the largest one differ by rounding. */
const ROUNDING = 2 ** -10;

/** Whether every end is a number within float32. */
export function areNumbers({ lower, upper }: Ends): boolean {
  return [lower, upper].every(({ data }) => data.every(isNumber));
}

function inOrder({ lower, upper }: Ends): boolean {
  for (let i = 0; i < lower.data.length; i++) if (!(lower.data[i]! <= upper.data[i]!)) return false;
  return true;
}

function isNumber(end: number): boolean {
  return end > -LARGEST && end < LARGEST;
}

/**
 * Where results leave the engine: an end that is no number is infinite, on its own side. Ends of nearly a point may have
 * crossed by rounding, and are put in order; ends that cross by more say nothing, and neither of them is left.
 */
export function asBounds<E extends Ends>(ends: E): E {
  if (areNumbers(ends) && inOrder(ends)) return ends;
  const lower = ends.lower.data.map((end) => (isNumber(end) ? end : -Infinity));
  const upper = ends.upper.data.map((end) => (isNumber(end) ? end : Infinity));
  let largest = 1;
  for (const data of [lower, upper]) for (const end of data) if (isNumber(end)) largest = Math.max(largest, Math.abs(end));
  lower.forEach((low, i) => {
    const high = upper[i]!;
    if (low <= high) return;
    const isRounding = low - high <= ROUNDING * largest;
    [lower[i], upper[i]] = isRounding ? [high, low] : [-Infinity, Infinity];
  });
  return { ...ends, lower: { ...ends.lower, data: lower }, upper: { ...ends.upper, data: upper } };
}
