import type { Feeds } from "../plugin/executor.js";
import type { HostTensor } from "../plugin/tensor.js";
import type { Pair, Side } from "../plugin/pair.js";
import type { Outcome } from "./host.js";

/** A number that a program gave is a bound up to here; what lies beyond has left float32. */
const LARGEST = 3.4e38;

/** Ends that cross by no more than this share of the largest one differ by rounding. */
const ROUNDING = 2 ** -10;

/** Whether everything that a program gave is a number within float32. */
export function areNumbers(results: Feeds): boolean {
  return Object.values(results).every(({ data }) => data.every(isNumber));
}

function isNumber(end: number): boolean {
  return end > -LARGEST && end < LARGEST;
}

function inOrder({ lower, upper }: Pair<HostTensor>): boolean {
  for (let i = 0; i < lower.data.length; i++) if (!(lower.data[i]! <= upper.data[i]!)) return false;
  return true;
}

/**
 * Where results leave the engine: an end that is no number is infinite, on its own side, and so is an end that nobody
 * asked for. Ends of nearly a point may have crossed by rounding, and are put in order; ends that cross by more say
 * nothing, and neither of them is left. `pairs` names the results that are ends of something.
 */
export function asBounds(outcome: Outcome, pairs: readonly Pair<string>[]): Outcome {
  const results: Record<string, HostTensor> = { ...outcome.results };
  for (const names of pairs) {
    const like = results[names.lower] ?? results[names.upper];
    if (like === undefined) continue;
    const given = (side: Side): HostTensor => results[names[side]] ?? infinite(like, side);
    const { lower, upper } = ordered({ lower: given("lower"), upper: given("upper") });
    results[names.lower] = lower;
    results[names.upper] = upper;
  }
  return { ...outcome, results };
}

function infinite(like: HostTensor, side: Side): HostTensor {
  return { ...like, data: new Float32Array(like.data.length).fill(side === "lower" ? -Infinity : Infinity) };
}

function ordered(ends: Pair<HostTensor>): Pair<HostTensor> {
  if (areNumbers({ lower: ends.lower, upper: ends.upper }) && inOrder(ends)) return ends;
  const lower = ends.lower.data.map((end) => (isNumber(end) ? end : -Infinity));
  const upper = ends.upper.data.map((end) => (isNumber(end) ? end : Infinity));
  let largest = 1;
  for (const data of [lower, upper])
    for (const end of data) if (isNumber(end)) largest = Math.max(largest, Math.abs(end));
  lower.forEach((low, i) => {
    const high = upper[i]!;
    if (low <= high) return;
    const isRounding = low - high <= ROUNDING * largest;
    [lower[i], upper[i]] = isRounding ? [high, low] : [-Infinity, Infinity];
  });
  return { lower: { ...ends.lower, data: lower }, upper: { ...ends.upper, data: upper } };
}
