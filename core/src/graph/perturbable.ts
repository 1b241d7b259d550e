import { LirpaError } from "../plugin/errors.js";
import { inputsOf } from "./order.js";
import { slotName, slotsOf, type ResolvedGraph, type ResolvedNode } from "./resolved.js";

type Slots = Pick<ResolvedNode, "operator" | "inputs">;

/** Positions of the inputs that may depend on a perturbation; rules take all others as fixed. */
export function perturbableSlots({ operator, inputs }: Slots): number[] {
  return slotsOf(operator, perturbableNames(operator), inputs.length);
}

function perturbableNames(operator: ResolvedNode["operator"]): readonly string[] {
  switch (operator.kind) {
    case "custom":
      return operator.inputs;
    case "bilinear":
      return [...operator.factors, ...(operator.additive ?? [])];
    case "linear":
      return operator.data ?? operator.inputs.slice(0, 1);
    case "elementwise":
      return operator.inputs.slice(0, 1);
  }
}

/** The refusal of a node that takes an input as fixed, though it depends on something, as `why` says. */
export function fixedInputError(node: ResolvedNode, slot: number, why: string): LirpaError {
  const { name, type, operator, inputs } = node;
  const input = slotName(operator, slot);
  const taken = `the rule of ${type} takes its input ${input} as fixed`;
  const problem = `node ${name}: ${taken}, but ${inputs[slot]!.name} ${why}`;
  return new LirpaError("LIRPA_UNSUPPORTED_ATTRIBUTE", problem, {
    hint: `Only ${perturbableNames(operator).join(", ")} may depend on a perturbation.`,
    details: { node: name, operator: type, input },
  });
}

/**
 * The nodes that take as fixed what depends on the graph's float inputs: where all of these are perturbed, such a node
 * has no bounds. Each with its error, which tells the input.
 */
export function fixedInputErrors({ inputs, nodes }: ResolvedGraph): Map<ResolvedNode, LirpaError> {
  const open = new Set(inputs.filter(({ dtype }) => dtype === "float"));
  const errors = new Map<ResolvedNode, LirpaError>();
  for (const node of nodes) {
    if (!inputsOf(node).some((input) => open.has(input))) continue;
    for (const output of node.outputs) open.add(output);
    const perturbable = perturbableSlots(node);
    const slot = node.inputs.findIndex((input, at) => input && open.has(input) && !perturbable.includes(at));
    if (slot >= 0) errors.set(node, fixedInputError(node, slot, "depends on the model's inputs"));
  }
  return errors;
}
