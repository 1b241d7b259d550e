import type { Value } from "../graph/resolved.js";
import type { BoundRun, NodeInterval } from "./run.js";

/**
 * The one door through which bounds become facts: whatever a relaxation relies on is recorded as a pair of `fact` nodes
 * here, and nowhere else. What is exact relies on nothing.
 */
export function asFact({ t }: BoundRun, value: Value, { lower, upper }: NodeInterval): NodeInterval {
  return lower === upper || value.dtype !== "float" ? { lower, upper } : t.fact(lower, upper, value.name);
}
