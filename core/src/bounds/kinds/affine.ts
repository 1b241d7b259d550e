import type { Pair, Side } from "../../plugin/pair.js";
import type { BackwardStep } from "../../plugin/operator.js";
import { contextOf, type ResolvedNode, type Value } from "../../graph/resolved.js";
import type { IrNode } from "../../tensor/ir.js";
import { outputsOf } from "../calls.js";
import type { ForwardContext, ForwardForm, StepContext } from "../kind-rules.js";
import { allElements } from "../rows/all-elements.js";
import type { BoundRun } from "../run.js";
import { missing, standInFor } from "../unbounded.js";
import { adjoint, linearPart } from "./adjoint.js";
import { exactOr } from "./inputs.js";

/**
 * The backward step of a node that is affine in what is perturbed: its adjoint, and the bounds' share of its constant.
 */
export function affineStep({ run, rows, outputs }: StepContext, node: ResolvedNode): BackwardStep<IrNode> {
  const { t } = run;
  const open = run.perturbedSlots(node);
  const zeros = exactOr(run, node, (slot) => t.zeros(node.inputs[slot]!.shape));
  const constants = outputsOf(node, contextOf(node, t), zeros);
  const side = (which: Side): { inputs: (IrNode | undefined)[]; bias: IrNode } => {
    const coefficients = outputs.map((pair) => pair?.[which]);
    const parts = adjoint(t, node, rows, coefficients, open, zeros);
    const bias = coefficients.reduce<IrNode>(
      (sum, a, i) => (a === undefined ? sum : t.add(sum, t.dot(a, constants[i]!))),
      t.zeros([]),
    );
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
  biasStep: (of: (value: Value) => Pair<IrNode>) => readonly Pair<IrNode>[],
  magnitude: (radii: (slot: number) => IrNode) => readonly IrNode[],
): ForwardForm[] {
  const { t } = run;
  const open = run.perturbedSlots(node);
  const forms = new Map(open.map((slot) => [slot, formOf(node.inputs[slot]!)]));
  const sources = new Set([...forms.values()].flatMap(({ coefficients }) => [...coefficients.keys()]));
  const bias = biasStep((value) => formOf(value).bias);
  const coefficients = node.outputs.map(() => new Map<Value, Pair<IrNode>>());
  for (const source of sources) {
    const pairs = open.map((slot) => forms.get(slot)!.coefficients.get(source) ?? zeroPair(run, node.inputs[slot]!));
    const along = (of: (pair: Pair<IrNode>) => IrNode): IrNode[] =>
      linearPart(
        t,
        node,
        open,
        pairs.map(of),
        exactOr(run, node, (slot) => t.zeros(node.inputs[slot]!.shape)),
      );
    if (pairs.every(({ lower, upper }) => lower === upper)) {
      along(({ lower }) => lower).forEach((a, i) => coefficients[i]!.set(source, { lower: a, upper: a }));
      continue;
    }
    const middles = along(({ lower, upper }) => t.mul(t.add(lower, upper), 0.5));
    const reaches = magnitude((slot) => {
      const { lower, upper } = pairs[open.indexOf(slot)]!;
      return t.mul(t.sub(upper, lower), 0.5);
    });
    middles.forEach((a, i) =>
      coefficients[i]!.set(source, { lower: t.sub(a, reaches[i]!), upper: t.add(a, reaches[i]!) }),
    );
  }
  return node.outputs.map((_, i) => ({ coefficients: coefficients[i]!, bias: bias[i]! }));
}

/**
 * An interval step of a node that is affine in what is perturbed. A centre and a radius of infinite ends are no
 * numbers: where values without bounds are expected, the step is taken over stand-ins, and an output is without the end
 * that a missing end meets by a coefficient that is not zero.
 */
export function affineInterval(
  run: BoundRun,
  node: ResolvedNode,
  of: (value: Value) => Pair<IrNode>,
  step: (run: BoundRun, node: ResolvedNode, of: (value: Value) => Pair<IrNode>) => Pair<IrNode>[],
): Pair<IrNode>[] {
  if (!run.unbounded) return step(run, node, of);
  const { t } = run;
  const results = step(run, node, standInFor(run, of));
  const open = run.perturbedSlots(node);
  const fixed = exactOr(run, node, (slot) => t.zeros(node.inputs[slot]!.shape));
  return results.map(({ lower, upper }, i) => {
    const output = node.outputs[i]!;
    const { target, toIntervals } = allElements(run, output);
    const outputs = node.outputs.map((value) => (value === output ? target.coefficients : undefined));
    const coefficients = adjoint(t, node, target.rows, outputs, open, fixed);
    const met = (side: Side): IrNode =>
      open.reduce<IrNode>((sum, slot, at) => {
        const a = coefficients[at];
        if (a === undefined) return sum;
        const { shape } = node.inputs[slot]!;
        const ends = of(node.inputs[slot]!);
        const [positive, negative] = side === "lower" ? [ends.lower, ends.upper] : [ends.upper, ends.lower];
        const meets = (is: IrNode, end: IrNode): IrNode =>
          t.dot(t.expand(t.where(is, 1, 0), shape), t.expand(missing(t, end), shape));
        return t.add(sum, t.add(meets(t.greater(a, 0), positive), meets(t.less(a, 0), negative)));
      }, t.zeros([]));
    const hits = toIntervals({ lower: met("lower"), upper: met("upper") });
    return {
      lower: t.where(t.lessEqual(hits.lower, 0), lower, -Infinity),
      upper: t.where(t.lessEqual(hits.upper, 0), upper, Infinity),
    };
  });
}

function zeroPair(run: BoundRun, value: Value): Pair<IrNode> {
  const zero = run.t.zeros(value.shape);
  return { lower: zero, upper: zero };
}
