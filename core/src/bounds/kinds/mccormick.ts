import type { BackwardStep, BilinearOperator } from "../../plugin/operator.js";
import type { Shape, Tensor } from "../../plugin/tensor.js";
import type { Pair, Side } from "../../plugin/pair.js";
import { contextOf, factorSlots, type ResolvedNode } from "../../graph/resolved.js";
import { vjp } from "../../tensor/gradient.js";
import type { IrNode, RowSpace } from "../../tensor/ir.js";
import { uniformValue } from "../../tensor/primitives/leaves.js";
import { broadcastShapes, sizeOf } from "../../tensor/shapes.js";
import { asNodes, outputsOf } from "../calls.js";
import type { ForwardContext, ForwardForm, StepContext } from "../kind-rules.js";
import { chosenLines } from "../relaxation.js";
import { PRODUCT_LINES } from "./product-lines.js";
import type { BoundRun } from "../run.js";
import { adjoint, placeholder } from "./adjoint.js";

/** A corner of the factors' boxes at which one of McCormick's planes touches the product. */
interface Corner {
  readonly left: Side;
  readonly right: Side;
}

/** Two planes below and two above, in the order in which the share falls from 1 to 0. */
const PLANES: Readonly<Record<"lower" | "upper", readonly [Corner, Corner]>> = {
  lower: [
    { left: "lower", right: "lower" },
    { left: "upper", right: "upper" },
  ],
  upper: [
    { left: "lower", right: "upper" },
    { left: "upper", right: "lower" },
  ],
};

/**
 * McCormick (1976): (x − lx)(w − lw) ≥ 0 and (x − ux)(w − uw) ≥ 0 give two planes below x·w, and the mixed corners two
 * above. Any convex combination is sound, so that its share is free; 1 is the default, and 1/2 is called `middle`.
 * Coefficients of products are nonnegative, so that the planes add up as forward itself does.
 */
export function mcCormickStep(
  { run, rows, outputs: [pair], boundsOf }: StepContext,
  node: ResolvedNode,
): BackwardStep<IrNode> {
  const { t } = run;
  const product = productOf(run, node, rows);
  const x = boundsOf(node.inputs[product.left]!);
  const w = boundsOf(node.inputs[product.right]!);
  const additive = run.perturbedSlots(node).filter((slot) => slot !== product.left && slot !== product.right);
  const withAddends = node.inputs.map((input, slot) =>
    input === undefined
      ? undefined
      : product.isFactor(slot) || run.isPerturbed(input)
        ? t.zeros(input.shape)
        : run.exact(input),
  );
  const addends = outputsOf(node, contextOf(node, t), withAddends)[0]!;

  const side = (a: IrNode, below: Side): { inputs: (IrNode | undefined)[]; bias: IrNode } => {
    const inputs: (IrNode | undefined)[] = node.inputs.map(() => undefined);
    let bias = t.dot(a, addends);
    const parts = [
      [t.relu(a), below],
      [t.min(a, 0), below === "lower" ? "upper" : "lower"],
    ] as const;
    for (const [part, which] of parts) {
      const first = shareOf(run, node, product.shape);
      const shares = [first, t.sub(1, first)] as const;
      PLANES[which].forEach((corner, i) => {
        const plane = product.back(part, shares[i]!, x[corner.left], w[corner.right]);
        inputs[product.left] = sum(t, inputs[product.left], plane.left);
        inputs[product.right] = sum(t, inputs[product.right], plane.right);
        bias = t.sub(bias, plane.constant);
      });
    }
    for (const slot of additive) inputs[slot] = adjoint(t, node, rows, [a], [slot], withAddends)[0];
    return { inputs, bias };
  };
  const lower = side(pair!.lower, "lower");
  const upper = side(pair!.upper, "upper");
  return {
    inputs: lower.inputs.map((a, slot): Pair<IrNode> | undefined =>
      a === undefined ? undefined : { lower: a, upper: upper.inputs[slot]! },
    ),
    bias: { lower: lower.bias, upper: upper.bias },
  };
}

/** What one plane adds: coefficients of the two factors, and the sum of products at its corner. */
interface PlanePart {
  readonly left: IrNode | undefined;
  readonly right: IrNode | undefined;
  readonly constant: IrNode;
}

/** The products of a node, and the way back through them. */
interface Products {
  readonly left: number;
  readonly right: number;
  isFactor(slot: number): boolean;
  /** Shares have this shape: one for each product, or for each output where there are very many products. */
  readonly shape: Shape;
  /** The part of the plane at a corner that some coefficients of the outputs and shares of the products choose. */
  back(a: IrNode, shares: IrNode, x: IrNode, w: IrNode): PlanePart;
}

/** Above this, products have no shares of their own: each would be a variable for each row. */
const MANY_PRODUCTS = 1 << 16;

function productOf(run: BoundRun, node: ResolvedNode, rows: RowSpace): Products {
  const { t } = run;
  const operator = node.operator as BilinearOperator<unknown>;
  const context = contextOf(node, t);
  const [left, right] = factorSlots(node);
  const zero = (slot: number): IrNode => t.zeros(node.inputs[slot]!.shape);
  // Inputs of the product alone: nothing is added.
  const inputs = (x: IrNode, w: IrNode): (IrNode | undefined)[] =>
    node.inputs.map((input, slot) =>
      input === undefined ? undefined : slot === left ? x : slot === right ? w : zero(slot),
    );
  const terms = (x: IrNode, w: IrNode): { left: IrNode; right: IrNode; sum(products: Tensor): Tensor } => {
    const { left: l, right: r, sum } = operator.terms(context, ...inputs(x, w));
    return { left: t.node(l), right: t.node(r), sum };
  };
  const some = terms(zero(left), zero(right));
  const products = broadcastShapes(some.left.shape, some.right.shape);
  const each = sizeOf(products) <= MANY_PRODUCTS;

  /** Shares of products: coefficients go back through the sum, then through each factor's way into the products. */
  const byProducts = (a: IrNode, shares: IrNode, x: IrNode, w: IrNode): PlanePart => {
    const open = placeholder(t, "products", products, rows);
    const [ofProducts] = vjp(t, asNodes(node, some.sum(open)), [a], [open]);
    const coefficients = t.mul(ofProducts ?? t.zeros(products), shares);
    const at = terms(x, w);
    const points = [
      placeholder(t, String(left), node.inputs[left]!.shape, rows),
      placeholder(t, String(right), node.inputs[right]!.shape, rows),
    ] as const;
    const factors = terms(...points);
    const [toLeft] = vjp(
      t,
      [factors.left],
      [t.unbroadcast(t.mul(coefficients, at.right), factors.left.shape)],
      [points[0]],
    );
    const [toRight] = vjp(
      t,
      [factors.right],
      [t.unbroadcast(t.mul(coefficients, at.left), factors.right.shape)],
      [points[1]],
    );
    return {
      left: toLeft,
      right: toRight,
      constant: t.dot(coefficients, t.expand(t.mul(at.left, at.right), products)),
    };
  };

  /** One share for all products of an output: coefficients go back through the operator itself. */
  const byOutputs = (a: IrNode, shares: IrNode, x: IrNode, w: IrNode): PlanePart => {
    const coefficients = t.mul(a, shares);
    return {
      left: adjoint(t, node, rows, [coefficients], [left], inputs(zero(left), w))[0],
      right: adjoint(t, node, rows, [coefficients], [right], inputs(x, zero(right)))[0],
      constant: t.dot(coefficients, outputsOf(node, context, inputs(x, w))[0]!),
    };
  };

  return {
    left,
    right,
    isFactor: (slot) => slot === left || slot === right,
    shape: each ? products : node.outputs[0]!.shape,
    back: (a, shares, x, w) => {
      const uniform = uniformValue(shares);
      if (uniform !== undefined) return byOutputs(a, t.full([], uniform), x, w);
      return each ? byProducts(a, shares, x, w) : byOutputs(a, shares, x, w);
    },
  };
}

/** McCormick's planes forward: each is linear in one factor while the other one stands at a corner. */
export function mcCormickForward({ run, formOf, boundsOf }: ForwardContext, node: ResolvedNode): ForwardForm[] {
  const { t } = run;
  const context = contextOf(node, t);
  const [left, right] = factorSlots(node);
  const forms = new Map(run.perturbedSlots(node).map((slot) => [slot, formOf(node.inputs[slot]!)]));
  const bounds = { left: boundsOf(node.inputs[left]!), right: boundsOf(node.inputs[right]!) };
  const zero = (slot: number): IrNode => t.zeros(node.inputs[slot]!.shape);
  const product = (l: IrNode, r: IrNode): (IrNode | undefined)[] =>
    node.inputs.map((input, slot) =>
      input === undefined ? undefined : slot === left ? l : slot === right ? r : zero(slot),
    );
  const value = (l: IrNode, r: IrNode): IrNode => outputsOf(node, context, product(l, r))[0]!;
  const sources = new Set([...forms.values()].flatMap(({ coefficients }) => [...coefficients.keys()]));
  const shares = {
    lower: shareOf(run, node, node.outputs[0]!.shape),
    upper: shareOf(run, node, node.outputs[0]!.shape),
  };

  // One factor moves along a pair of tensors, the other one stands: the sign of what stands chooses the side.
  const moving = (slot: number, fixed: IrNode, pair: Pair<IrNode>, side: Side): IrNode => {
    const at = (x: IrNode, y: IrNode): IrNode => (slot === left ? value(x, y) : value(y, x));
    if (pair.lower === pair.upper) return at(pair.lower, fixed);
    const half = t.mul(t.sub(pair.upper, pair.lower), 0.5);
    const [center, reach] = [at(t.add(pair.lower, half), fixed), at(half, t.abs(fixed))];
    return side === "lower" ? t.sub(center, reach) : t.add(center, reach);
  };
  const planes = (of: (slot: number) => Pair<IrNode> | undefined, constant: boolean): Pair<IrNode> => {
    const side = (which: Side): IrNode => {
      const [first, second] = PLANES[which].map((corner) => {
        const [xs, ws] = [bounds.left[corner.left], bounds.right[corner.right]];
        let sum = constant ? t.neg(value(xs, ws)) : t.zeros(node.outputs[0]!.shape);
        const [l, r] = [of(left), of(right)];
        if (l !== undefined) sum = t.add(sum, moving(left, ws, l, which));
        if (r !== undefined) sum = t.add(sum, moving(right, xs, r, which));
        return sum;
      });
      return t.add(t.mul(shares[which], first!), t.mul(t.sub(1, shares[which]), second!));
    };
    return { lower: side("lower"), upper: side("upper") };
  };
  const additive = (of: (slot: number) => Pair<IrNode>): Pair<IrNode> => {
    const end = (which: Side): IrNode =>
      outputsOf(
        node,
        context,
        node.inputs.map((input, slot) =>
          input === undefined ? undefined : slot === left || slot === right ? zero(slot) : of(slot)[which],
        ),
      )[0]!;
    return { lower: end("lower"), upper: end("upper") };
  };
  const plus = (a: Pair<IrNode>, b: Pair<IrNode>): Pair<IrNode> => ({
    lower: t.add(a.lower, b.lower),
    upper: t.add(a.upper, b.upper),
  });
  const none = (slot: number): Pair<IrNode> => ({ lower: zero(slot), upper: zero(slot) });
  const coefficients = new Map(
    [...sources].map((source) => {
      const of = (slot: number): Pair<IrNode> | undefined => forms.get(slot)?.coefficients.get(source);
      return [
        source,
        plus(
          planes(of, false),
          additive((slot) => of(slot) ?? none(slot)),
        ),
      ] as const;
    }),
  );
  const bias = plus(
    planes((slot) => forms.get(slot)!.bias, true),
    additive((slot) => formOf(node.inputs[slot]!).bias),
  );
  return [{ coefficients, bias }];
}

/** The share of the first plane of each pair, for each product or output: a free value. */
function shareOf(run: BoundRun, node: ResolvedNode, shape: Shape): IrNode {
  const { t } = run;
  return t.free(t.full(shape, chosenLines(run.options.relaxation, node.operator, PRODUCT_LINES, "backward")), 0, 1);
}

function sum(t: BoundRun["t"], a: IrNode | undefined, b: IrNode | undefined): IrNode | undefined {
  return a === undefined || b === undefined ? (a ?? b) : t.add(a, b);
}
