import type { NodeInterval, BoundRun, Target } from "../bounds/run.js";
import type { Value } from "../graph/resolved.js";

/**
 * A way to bound. A method says how rows of a target are bounded, given bounds of the values that relaxations rely on,
 * and where those come from; core records, chunks and runs the programs.
 */
export interface Method {
  readonly $$type: "lirpa.method";
  readonly name: string;
  readonly description: string;
  /** Bounds that relaxations rely on: by interval arithmetic, by this method's own rows value by value, or by forward forms. */
  readonly intermediate: "interval" | "rows" | "forward";
  /** Lower and upper bounds of a target's rows. */
  rows(run: BoundRun, target: Target, boundsOf: (value: Value) => NodeInterval): NodeInterval;
  /** Whether free values of relaxations are optimized by gradient steps. */
  readonly optimizes?: boolean;
  /** False where the method records no relaxation, so that the option `relaxation` does not concern it. */
  readonly relaxes?: boolean;
  /** Other names that queries may use. */
  readonly aliases?: readonly string[];
  /** Bounds of all elements of a value at once, where the method has a cheaper way than unit rows. */
  elements?(run: BoundRun, value: Value, boundsOf: (value: Value) => NodeInterval): NodeInterval;
}

/** Freezes and brands a method. */
export function defineMethod(method: Omit<Method, "$$type">): Method {
  return Object.freeze({ ...method, $$type: "lirpa.method" });
}
