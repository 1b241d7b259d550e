import type { BilinearOperator } from "../../plugin/operator.js";
import type { Pair, Side } from "../../plugin/pair.js";
import { contextOf, factorSlots, type ResolvedNode, type Value } from "../../graph/resolved.js";
import type { IrNode } from "../../tensor/ir.js";
import { asNodes, outputsOf } from "../calls.js";
import { around, middle, radius, tighter } from "../intervals.js";
import type { KindRules } from "../kind-rules.js";
import { elementRows } from "../rows/all-elements.js";
import type { BoundRun } from "../run.js";
import { mulBounds } from "../unbounded.js";
import { adjoint } from "./adjoint.js";
import { affineForward, affineInterval, affineStep } from "./affine.js";
import { checkPerturbed, exactOr } from "./inputs.js";
import { mcCormickForward, mcCormickStep } from "./mccormick.js";
import { whereBounded, whereFormsBounded } from "./where-bounded.js";

/** Products: linear while one factor is fixed, McCormick's planes where both are perturbed. */
export const bilinearRules: KindRules = {
  interval: (run, node, of) => {
    checkPerturbed(run, node);
    return isAffine(run, node) ? affineInterval(run, node, of, linearInterval) : productInterval(run, node, of);
  },
  backward: (context, node) => {
    checkPerturbed(context.run, node);
    return isAffine(context.run, node)
      ? affineStep(context, node)
      : whereBounded(context, node, bilinearRules, mcCormickStep);
  },
  forward: (context, node) => {
    const { run } = context;
    checkPerturbed(run, node);
    if (!isAffine(run, node)) return whereFormsBounded(context, node, bilinearRules, mcCormickForward);
    return affineForward(
      context,
      node,
      (of) => affineInterval(run, node, of, linearInterval),
      (radii) => [magnitude(run, node, radii)],
    );
  },
  isAffine,
};

type IntervalOf = (value: Value) => Pair<IrNode>;

function isAffine(run: BoundRun, node: ResolvedNode): boolean {
  return factorSlots(node).some((slot) => !run.isPerturbed(node.inputs[slot]!));
}

/** One factor fixed: centre and radius, the radius through the factor's magnitude. */
function linearInterval(run: BoundRun, node: ResolvedNode, of: IntervalOf): Pair<IrNode>[] {
  const centers = outputsOf(
    node,
    contextOf(node, run.t),
    exactOr(run, node, (slot) => middle(run, of(node.inputs[slot]!))),
  );
  return around(run, centers, [magnitude(run, node, (slot) => radius(run, of(node.inputs[slot]!)))]);
}

/** The product with the fixed factor's magnitude, and nothing fixed added. */
function magnitude(run: BoundRun, node: ResolvedNode, radii: (slot: number) => IrNode): IrNode {
  const { t } = run;
  const factors = factorSlots(node);
  const partner = factors.some((slot) => run.isPerturbed(node.inputs[slot]!));
  const inputs = node.inputs.map((input, slot) => {
    if (input === undefined) return undefined;
    if (run.isPerturbed(input)) return radii(slot);
    // With only an additive input perturbed the product itself has no radius.
    return factors.includes(slot) && partner ? t.abs(run.exact(input)) : t.zeros(input.shape);
  });
  return outputsOf(node, contextOf(node, t), inputs)[0]!;
}

/** Both factors perturbed: the extreme of the four corners, product by product (exact for independent factors). */
function productInterval(run: BoundRun, node: ResolvedNode, of: IntervalOf): Pair<IrNode>[] {
  const { t } = run;
  const operator = node.operator as BilinearOperator<unknown>;
  const context = contextOf(node, t);
  const [left, right] = factorSlots(node);
  const corners = (["lower", "upper"] as const).flatMap((i) =>
    (["lower", "upper"] as const).map((j) => {
      const inputs = node.inputs.map((input, slot) => {
        if (input === undefined) return undefined;
        return of(input)[slot === left ? i : slot === right ? j : "lower"];
      });
      const terms = operator.terms(context, ...inputs);
      const [l, r] = [t.node(terms.left), t.node(terms.right)];
      return { product: run.unbounded ? mulBounds(t, l, r) : t.mul(l, r), sum: terms.sum };
    }),
  );
  const extreme = (pick: (a: IrNode, b: IrNode) => IrNode): IrNode =>
    asNodes(node, corners[0]!.sum(corners.map(({ product }) => product).reduce(pick)))[0]!;
  const additive = (end: Side): IrNode => {
    const inputs = node.inputs.map((input, slot) => {
      if (input === undefined) return undefined;
      return slot === left || slot === right ? t.zeros(input.shape) : of(input)[end];
    });
    return outputsOf(node, context, inputs)[0]!;
  };
  const products = { lower: extreme((a, b) => t.min(a, b)), upper: extreme((a, b) => t.max(a, b)) };
  const best = [left, right].reduce(
    (bounds, slot) => tighter(run, bounds, rangeInterval(run, node, slot, of)),
    products,
  );
  return [{ lower: t.add(best.lower, additive("lower")), upper: t.add(best.upper, additive("upper")) }];
}

/**
 * A factor that is a source and no box: every output element is ⟨a, factor⟩, where a depends on the other factor with
 * no negative coefficient and so lies between its values at that factor's ends. The set itself bounds the product.
 */
function rangeInterval(run: BoundRun, node: ResolvedNode, slot: number, of: IntervalOf): Pair<IrNode> | undefined {
  const { t } = run;
  const source = run.sources.get(node.inputs[slot]!);
  if (
    source === undefined ||
    source.perturbation.concretizeRange === undefined ||
    source.perturbation.isBox(source.structure)
  )
    return undefined;
  const [left, right] = factorSlots(node);
  const other = slot === left ? right : left;
  const output = node.outputs[0]!;
  const rows = elementRows(t, output);
  const coefficients = (end: Side): IrNode => {
    const inputs = node.inputs.map((input, i) =>
      input === undefined ? undefined : i === other ? of(input)[end] : t.zeros(input.shape),
    );
    return adjoint(t, node, rows, [t.eye(output.shape, rows)], [slot], inputs)[0]!;
  };
  const a = { lower: coefficients("lower"), upper: coefficients("upper") };
  const end = (side: Side): IrNode => {
    const bound = t.node(source.perturbation.concretizeRange!(run.setContext(source), a, side));
    return t.reshape(t.rowsToShape(bound, rows), output.shape);
  };
  return { lower: end("lower"), upper: end("upper") };
}
