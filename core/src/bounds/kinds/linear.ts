import type { LinearOperator } from "../../plugin/operator.js";
import type { Pair, Side } from "../../plugin/pair.js";
import { perturbableSlots } from "../../graph/perturbable.js";
import { contextOf, type ResolvedNode, type Value } from "../../graph/resolved.js";
import type { IrNode } from "../../tensor/ir.js";
import { asNodes, outputsOf } from "../calls.js";
import { around, middle, radius } from "../intervals.js";
import type { KindRules } from "../kind-rules.js";
import type { BoundRun } from "../run.js";
import { affineForward, affineInterval, affineStep } from "./affine.js";
import { checkPerturbed, exactOr } from "./inputs.js";

/** Affine operators: exact intervals of one step by centre and radius, exact backward steps by the adjoint. */
export const linearRules: KindRules = {
  interval: (run, node, of) => {
    checkPerturbed(run, node);
    return affineInterval(run, node, of, intervalStep);
  },
  backward: (context, node) => {
    checkPerturbed(context.run, node);
    return affineStep(context, node);
  },
  forward: (context, node) => {
    checkPerturbed(context.run, node);
    return affineForward(
      context,
      node,
      (ends) => affineInterval(context.run, node, ends, intervalStep),
      (radii) => magnitude(context.run, node, radii),
    );
  },
  isAffine: () => true,
};

function intervalStep(run: BoundRun, node: ResolvedNode, of: (value: Value) => Pair<IrNode>): Pair<IrNode>[] {
  const context = contextOf(node, run.t);
  const at = (end: Side) => exactOr(run, node, (slot) => of(node.inputs[slot]!)[end]);
  if (isNonnegative(node)) {
    const lower = outputsOf(node, context, at("lower"));
    const upper = outputsOf(node, context, at("upper"));
    return lower.map((low, i) => ({ lower: low, upper: upper[i]! }));
  }
  const centers = outputsOf(
    node,
    context,
    exactOr(run, node, (slot) => middle(run, of(node.inputs[slot]!))),
  );
  return around(
    run,
    centers,
    magnitude(run, node, (slot) => radius(run, of(node.inputs[slot]!))),
  );
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
  const zeros = outputsOf(
    node,
    contextOf(node, t),
    inputs.map((input, slot) => (input !== undefined && data.includes(slot) ? t.zeros(input.shape) : input)),
  );
  return outputsOf(node, contextOf(node, t), inputs).map((output, i) => t.sub(output, zeros[i]!));
}
