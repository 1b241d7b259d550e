import { contextOf, type ResolvedNode } from "../graph/resolved.js";
import type { IrNode } from "../tensor/ir.js";
import { adjoint, outputsOf } from "./adjoint.js";
import type { CoefficientPair, Step, StepContext } from "./kind-rules.js";
import type { BoundRun } from "./run.js";

/** The inputs of a node with exact values where nothing is perturbed and `open` values elsewhere. */
export function withOpen(run: BoundRun, node: ResolvedNode, open: (slot: number) => IrNode): (IrNode | undefined)[] {
  return node.inputs.map((input, slot) => {
    if (input === undefined) return undefined;
    return run.isPerturbed(input) ? open(slot) : run.exact(input);
  });
}

/** The backward step of a node that is affine in what is perturbed: its adjoint, and the bounds' share of its constant. */
export function affineStep({ run, rows, outputs }: StepContext, node: ResolvedNode): Step {
  const { t } = run;
  const open = run.perturbedSlots(node);
  const zeros = withOpen(run, node, (slot) => t.zeros(node.inputs[slot]!.shape));
  const constants = outputsOf(node, contextOf(node, t), zeros);
  const side = (which: keyof CoefficientPair): { inputs: (IrNode | undefined)[]; bias: IrNode } => {
    const coefficients = outputs.map((pair) => pair?.[which]);
    const parts = adjoint(t, node, rows, coefficients, open, zeros);
    const bias = coefficients.reduce<IrNode>((sum, a, i) => (a === undefined ? sum : t.add(sum, t.dot(a, constants[i]!))), t.zeros([]));
    const inputs: (IrNode | undefined)[] = node.inputs.map(() => undefined);
    open.forEach((slot, i) => (inputs[slot] = parts[i]));
    return { inputs, bias };
  };
  const lower = side("lower");
  const upper = outputs.every((pair) => pair === undefined || pair.lower === pair.upper) ? lower : side("upper");
  return {
    inputs: lower.inputs.map((a, slot) => (a === undefined ? undefined : { lower: a, upper: upper.inputs[slot]! })),
    bias: { lower: lower.bias, upper: upper.bias },
  };
}
