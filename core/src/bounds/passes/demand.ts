import { factorSlots, type ResolvedNode, type Value } from "../../graph/resolved.js";
import { inputsOf, needed } from "../../graph/order.js";
import type { BoundRun } from "../run.js";
import type { Intermediate } from "./intermediate.js";
import { isAffine } from "../kinds/table.js";

/**
 * Bounds that are computed once for each value that is asked for. Those that a value's bounds rely on come first: what
 * `compute` asks for is known then. It may ask for others too, at the price of a deeper stack.
 */
export function onDemand<B>(
  run: BoundRun,
  { reliesOn }: Pick<Intermediate, "reliesOn">,
  compute: (value: Value, boundsOf: (value: Value) => B) => B,
  known: Map<Value, B> = new Map(),
): (value: Value) => B {
  const boundsOf = (value: Value): B => {
    if (!known.has(value)) {
      for (const need of needed(
        value,
        (other) => known.has(other),
        (of) => [...reliesOn(run, of)],
      )) {
        if (!known.has(need)) known.set(need, compute(need, boundsOf));
      }
    }
    return known.get(value)!;
  };
  return boundsOf;
}

/**
 * The values whose bounds must be known before those of a value, each behind those that it relies on; without
 * recording.
 */
export function neededBounds(run: BoundRun, { reliesOn }: Pick<Intermediate, "reliesOn">, value: Value): Value[] {
  const none = (): boolean => false;
  const needs = beforeAffineStretch(run, value).flatMap((need) => needed(need, none, (of) => [...reliesOn(run, of)]));
  return [...new Set(needs)];
}

/** Inputs of the relaxed nodes from which only affine ones lead to a value. */
export function beforeAffineStretch(run: BoundRun, value: Value): Value[] {
  const found: Value[] = [];
  const seen = new Set<Value>([value]);
  // The list grows while it is walked.
  for (const { producer } of seen) {
    if (producer === undefined) continue;
    if (!isAffine(run, producer)) found.push(...relaxedInputs(run, producer));
    else for (const input of inputsOf(producer)) if (run.isPerturbed(input)) seen.add(input);
  }
  return found;
}

/** The perturbed inputs whose bounds a relaxation asks for. */
export function relaxedInputs(run: BoundRun, node: ResolvedNode): Value[] {
  const slots = node.operator.kind === "bilinear" ? factorSlots(node) : run.perturbedSlots(node);
  return slots.flatMap((slot) => (run.isPerturbed(node.inputs[slot]!) ? [node.inputs[slot]!] : []));
}
