import { contextOf, type ResolvedNode, type Value } from "../graph/resolved.js";
import type { IrNode } from "../tensor/ir.js";
import { adjoint, linearPart, outputsOf } from "./adjoint.js";
import type { CoefficientPair, ForwardContext, ForwardForm, Step, StepContext } from "./kind-rules.js";
import type { BoundRun, NodeInterval } from "./run.js";

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

/**
 * The forward step of a node that is affine in what is perturbed. With f = f⁺ − f⁻ the lower coefficients are
 * f⁺(lower) − f⁻(upper) = f(middle) − |f|(radius), as an interval's ends are; the constant goes with the bias.
 */
export function affineForward(
  { run, formOf }: ForwardContext,
  node: ResolvedNode,
  biasStep: (of: (value: Value) => NodeInterval) => readonly NodeInterval[],
  magnitude: (radii: (slot: number) => IrNode) => readonly IrNode[],
): ForwardForm[] {
  const { t } = run;
  const open = run.perturbedSlots(node);
  const forms = new Map(open.map((slot) => [slot, formOf(node.inputs[slot]!)]));
  const sources = new Set([...forms.values()].flatMap(({ coefficients }) => [...coefficients.keys()]));
  const bias = biasStep((value) => formOf(value).bias);
  const coefficients = node.outputs.map(() => new Map<Value, CoefficientPair>());
  for (const source of sources) {
    const pairs = open.map((slot) => forms.get(slot)!.coefficients.get(source) ?? zeroPair(run, node.inputs[slot]!));
    const along = (of: (pair: CoefficientPair) => IrNode): IrNode[] => linearPart(t, node, open, pairs.map(of), withOpen(run, node, (slot) => t.zeros(node.inputs[slot]!.shape)));
    if (pairs.every(({ lower, upper }) => lower === upper)) {
      along(({ lower }) => lower).forEach((a, i) => coefficients[i]!.set(source, { lower: a, upper: a }));
      continue;
    }
    const middles = along(({ lower, upper }) => t.mul(t.add(lower, upper), 0.5));
    const reaches = magnitude((slot) => {
      const { lower, upper } = pairs[open.indexOf(slot)]!;
      return t.mul(t.sub(upper, lower), 0.5);
    });
    middles.forEach((a, i) => coefficients[i]!.set(source, { lower: t.sub(a, reaches[i]!), upper: t.add(a, reaches[i]!) }));
  }
  return node.outputs.map((_, i) => ({ coefficients: coefficients[i]!, bias: bias[i]! }));
}

function zeroPair(run: BoundRun, value: Value): CoefficientPair {
  const zero = run.t.zeros(value.shape);
  return { lower: zero, upper: zero };
}
