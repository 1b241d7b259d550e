import type { Pair } from "../plugin/pair.js";
import type { Value } from "../graph/resolved.js";
import type { IrNode } from "../tensor/ir.js";
import type { BoundRun } from "./run.js";

/**
 * The one door through which bounds become facts: whatever a relaxation relies on is recorded as a pair of `fact` nodes
 * here, and nowhere else. What is exact relies on nothing. A fact that is no number is found out here, too.
 */
export function asFact(run: BoundRun, value: Value, bounds: Pair<IrNode>): Pair<IrNode> {
  if (bounds.lower === bounds.upper || value.dtype !== "float") return bounds;
  run.watch(run.onOwnSides(value, bounds));
  return asTerms(run, value, bounds);
}

/**
 * A fact that is only multiplied and added up to the end: what is no number in it is none in the result either, so that
 * nobody need watch it.
 */
export function asTerms(run: BoundRun, value: Value, bounds: Pair<IrNode>): Pair<IrNode> {
  if (bounds.lower === bounds.upper || value.dtype !== "float") return bounds;
  const { lower, upper } = run.onOwnSides(value, bounds);
  return run.t.fact(lower, upper, value.name);
}
