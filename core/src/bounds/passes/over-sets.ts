import type { Pair } from "../../plugin/pair.js";
import { inputsOf, needed } from "../../graph/order.js";
import type { ResolvedNode, Value } from "../../graph/resolved.js";
import type { IrNode } from "../../tensor/ir.js";
import { isAffine } from "../kinds/table.js";
import { allElements } from "../rows/all-elements.js";
import type { BoundRun } from "../run.js";
import { boundsByBackward } from "./backward.js";

/**
 * True where the node is an affine function of perturbed inputs and one of their sets is no box (an L2 ball, say). Its
 * interval then comes from the dual norm over the set, not from the set's hull.
 */
export function isAffineOverSets(run: BoundRun, node: ResolvedNode): boolean {
  if (!isAffine(run, node)) return false;
  const origins = inputsOf(node).map((input) => originOf(run, input));
  return origins.every(({ affine }) => affine) && origins.some(({ isBox }) => !isBox);
}

/** Whether a value is affine in its sources, and whether the sets of these are boxes. */
interface Origin {
  readonly affine: boolean;
  readonly isBox: boolean;
}

/** Under which a run keeps what is known of its values' origins. */
const ORIGINS = Object.freeze({ name: "origins" });

function originOf(run: BoundRun, value: Value): Origin {
  const known = run.pass(ORIGINS, () => new Map<Value, Origin>());
  const isOwn = (of: Value): boolean => !run.isPerturbed(of) || run.sources.has(of) || !isAffine(run, of.producer!);
  const needs = (of: Value): Value[] => (isOwn(of) ? [] : inputsOf(of.producer!));
  for (const need of known.has(value) ? [] : needed(value, (of) => known.has(of), needs)) {
    const source = run.sources.get(need);
    const parts = isOwn(need) ? [] : inputsOf(need.producer!).map((input) => known.get(input)!);
    known.set(need, {
      affine: !run.isPerturbed(need) || source !== undefined || (!isOwn(need) && parts.every(({ affine }) => affine)),
      isBox: source?.perturbation.isBox(source.structure) !== false && parts.every(({ isBox }) => isBox),
    });
  }
  return known.get(value)!;
}

/** Bounds of all elements of each output, by the exact linear form over the sets. */
export function intervalsOverSets(
  run: BoundRun,
  node: ResolvedNode,
  boundsOf: (value: Value) => Pair<IrNode>,
): Pair<IrNode>[] {
  return node.outputs.map((value) => {
    const { target, toIntervals } = allElements(run, value);
    return toIntervals(boundsByBackward(run, target, boundsOf));
  });
}
