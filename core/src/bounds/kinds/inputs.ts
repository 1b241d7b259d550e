import { fixedInputError, perturbableSlots } from "../../graph/perturbable.js";
import type { ResolvedNode } from "../../graph/resolved.js";
import type { IrNode } from "../../tensor/ir.js";
import type { BoundRun } from "../run.js";

/** The inputs of a node with exact values where nothing is perturbed and `open` values elsewhere. */
export function exactOr(run: BoundRun, node: ResolvedNode, open: (slot: number) => IrNode): (IrNode | undefined)[] {
  return node.inputs.map((input, slot) => {
    if (input === undefined) return undefined;
    return run.isPerturbed(input) ? open(slot) : run.exact(input);
  });
}

/** Refuses a perturbation of an input that the rule takes as fixed. */
export function checkPerturbed(run: BoundRun, node: ResolvedNode): void {
  const perturbable = perturbableSlots(node);
  const slot = run.perturbedSlots(node).find((one) => !perturbable.includes(one));
  if (slot !== undefined) throw fixedInputError(node, slot, "is perturbed");
}
