import type { LinearOperator } from "../../plugin/operator.js";
import { contextOf, type ResolvedNode, type Value } from "../../graph/resolved.js";
import { fixedInputError, perturbableSlots } from "../../graph/perturbable.js";
import type { IrNode } from "../../tensor/ir.js";
import { affineForward, affineInterval, affineStep, withOpen } from "./affine.js";
import { asNodes, outputsOf } from "./adjoint.js";
import { isAffineFromPreciseSources, preciseIntervals } from "../passes/precise.js";
import type { KindRules } from "../kind-rules.js";
import type { BoundRun, NodeInterval } from "../run.js";

/** Affine operators: exact intervals of one step by centre and radius, exact backward steps by the adjoint. */
export const linearRules: KindRules = {
  interval: (run, node, of) => {
    checkPerturbed(run, node);
    return isAffineFromPreciseSources(run, node) ? preciseIntervals(run, node) : affineInterval(run, node, of, intervalStep);
  },
  startsAfresh: isAffineFromPreciseSources,
  backward: (context, node) => {
    checkPerturbed(context.run, node);
    return affineStep(context, node);
  },
  forward: (context, node) => {
    checkPerturbed(context.run, node);
    return affineForward(context, node, (ends) => affineInterval(context.run, node, ends, intervalStep), (radii) => magnitude(context.run, node, radii));
  },
  isAffine: () => true,
};

function intervalStep(run: BoundRun, node: ResolvedNode, of: (value: Value) => NodeInterval): NodeInterval[] {
  const context = contextOf(node, run.t);
  const at = (end: "lower" | "upper") => withOpen(run, node, (slot) => of(node.inputs[slot]!)[end]);
  if (isNonnegative(node)) {
    const lower = outputsOf(node, context, at("lower"));
    const upper = outputsOf(node, context, at("upper"));
    return lower.map((low, i) => ({ lower: low, upper: upper[i]! }));
  }
  const centers = outputsOf(node, context, withOpen(run, node, (slot) => middle(run, of(node.inputs[slot]!))));
  return around(run, centers, magnitude(run, node, (slot) => radius(run, of(node.inputs[slot]!))));
}

function isNonnegative(node: ResolvedNode): boolean {
  return (node.operator as LinearOperator<unknown>).nonnegative === true;
}

/** The linear part with absolute coefficients; fixed data inputs have radius zero, parameters keep their values. */
function magnitude(run: BoundRun, node: ResolvedNode, radii: (slot: number) => IrNode): IrNode[] {
  const operator = node.operator as LinearOperator<unknown>;
  const { t } = run;
  const data = perturbableSlots(node);
  const inputs = node.inputs.map((input, slot) => {
    if (input === undefined) return undefined;
    if (run.isPerturbed(input)) return radii(slot);
    return data.includes(slot) ? t.zeros(input.shape) : run.exact(input);
  });
  if (!isNonnegative(node)) return asNodes(node, operator.magnitude!(contextOf(node, t), ...inputs));
  // Coefficients are their own magnitudes; the constant does not belong to them.
  const zeros = outputsOf(node, contextOf(node, t), inputs.map((input, slot) => (input !== undefined && data.includes(slot) ? t.zeros(input.shape) : input)));
  return outputsOf(node, contextOf(node, t), inputs).map((output, i) => t.sub(output, zeros[i]!));
}

/** From the lower end on: the sum of ends near the last of float32 has no number. */
export function middle(run: BoundRun, interval: NodeInterval): NodeInterval["lower"] {
  const { lower, upper } = interval;
  return lower === upper ? lower : run.t.add(lower, radius(run, interval));
}

export function radius({ t }: BoundRun, { lower, upper }: NodeInterval): NodeInterval["lower"] {
  return lower === upper ? t.zeros(lower.shape) : t.mul(t.sub(upper, lower), 0.5);
}

export function around({ t }: BoundRun, centers: readonly NodeInterval["lower"][], radii: readonly NodeInterval["lower"][]): NodeInterval[] {
  return centers.map((center, i) => ({ lower: t.sub(center, radii[i]!), upper: t.add(center, radii[i]!) }));
}

/** Refuses a perturbation of an input that the rule takes as fixed. */
export function checkPerturbed(run: BoundRun, node: ResolvedNode): void {
  const perturbable = perturbableSlots(node);
  const slot = run.perturbedSlots(node).find((one) => !perturbable.includes(one));
  if (slot !== undefined) throw fixedInputError(node, slot, "is perturbed");
}
