import {
  defineOperator,
  nth,
  readReduction,
  reducedShape,
  reductionAttributes,
  sizeOf,
  sizesOf,
  type BackwardStep,
  type Coefficients,
  type Interval,
  type Operator,
  type Reduction,
  type RuleContext,
  type Tensor,
} from "@lirpa/core/plugin";

type Context = RuleContext<Reduction>;

/** Below every value, yet finite, so that products with it are numbers. */
const LOWEST = -3.4e38;
/** The weight that the default choice keeps while others are tried. */
const ANCHOR = 1e-3;

/** Maxima over axes. The planes below and above are in `lowerWeights` and `upperPlane`. */
export const reduceMax: Operator = defineOperator({
  type: "ReduceMax",
  sinceVersion: 1,
  kind: "custom",
  inputs: ["data", "axes?"],
  attributes: reductionAttributes,
  derive: readReduction,
  forward: (context, x) => maxima(context, x),
  takesUnbounded: true,
  interval: (context, x) => ({ lower: maxima(context, x.lower), upper: maxima(context, x.upper) }),
  backward: (context, [outputs], [x]) => backward(context, outputs, x),
});

function maxima({ t, attributes: { axes, keepDims } }: Context, x: Tensor): Tensor {
  return axes.length === 0 ? x : t.reduceMax(x, axes, keepDims);
}

function backward(context: Context, outputs: Coefficients, x: Interval): BackwardStep {
  const shape = x.lower.shape;
  const merged = { lower: merge(context, x.lower), upper: merge(context, x.upper) };
  const weights = lowerWeights(context, merged);
  const plane = upperPlane(context, merged);
  const { t } = context;
  const carry = (a: Tensor, below: Tensor, above: Tensor) => ({
    coefficients: split(
      context,
      t.add(t.mul(column(context, below, shape), weights), t.mul(column(context, above, shape), plane.weights)),
      shape,
    ),
    bias: t.dot(above, t.reshape(plane.intercept, a.shape)),
  });
  const lower = carry(outputs.lower, t.relu(outputs.lower), t.min(outputs.lower, 0));
  const upper = carry(outputs.upper, t.min(outputs.upper, 0), t.relu(outputs.upper));
  return {
    inputs: [{ lower: lower.coefficients, upper: upper.coefficients }],
    bias: { lower: lower.bias, upper: upper.bias },
  };
}

/**
 * A maximum is at least every convex combination of its elements; by default the element with the greatest lower end.
 */
function lowerWeights({ t }: Context, { lower }: Interval): Tensor {
  const greatest = t.where(isAt(t.argMax(lower, -1), lower, t), 1, 0);
  const free = t.free(greatest, 0, 1);
  return t.div(t.add(free, t.mul(greatest, ANCHOR)), t.add(t.sum(free, [-1], true), ANCHOR));
}

/**
 * Let i have the greatest upper end u, and m ≥ every other upper end and ≥ l, its own lower end. Then the maximum is
 * at most max(x_i, m), a convex function of x_i, hence at most its chord u − s (u − x_i) with s = (u − m) / (u − l).
 * Smaller slopes lie higher on [l, u], and 0 is the constant u. s is 1, and the plane x_i itself, where i dominates.
 */
function upperPlane({ t }: Context, { lower, upper }: Interval): { weights: Tensor; intercept: Tensor } {
  const index = t.argMax(upper, -1);
  const greatest = isAt(index, upper, t);
  const u = t.reduceMax(upper, [-1], true);
  const l = t.gatherElements(lower, index, -1);
  const others = t.reduceMax(t.where(greatest, LOWEST, upper), [-1], true);
  // Rounding may leave u below l: no slope is below zero.
  const steepest = t.div(t.relu(t.sub(u, t.max(others, l))), t.max(t.sub(u, l), 1e-30));
  const slope = t.free(steepest, 0, steepest);
  return { weights: t.where(greatest, slope, 0), intercept: t.sub(u, t.mul(slope, u)) };
}

/** True at the element of the last axis that the index names: at one element, even where several are equal. */
function isAt(index: Tensor, x: Tensor, t: Context["t"]): Tensor {
  return t.equal(t.arange(nth(x.shape, x.shape.length - 1)), index);
}

/** The reduced axes as one, the last one. */
function merge({ t, attributes: { axes } }: Context, x: Tensor): Tensor {
  const kept = [...x.shape.keys()].filter((axis) => !axes.includes(axis));
  const order = [...kept, ...axes];
  return t.reshape(t.transpose(x, order), [...sizesOf(x.shape, kept), sizeOf(sizesOf(x.shape, axes))]);
}

/** The inverse of `merge`. */
function split({ t, attributes: { axes } }: Context, x: Tensor, shape: readonly number[]): Tensor {
  const order = [...[...shape.keys()].filter((axis) => !axes.includes(axis)), ...axes];
  const apart = t.reshape(x, sizesOf(shape, order));
  return t.transpose(
    apart,
    [...shape.keys()].map((axis) => order.indexOf(axis)),
  );
}

/** Coefficients of the maxima, with an axis of size one for the elements. */
function column({ t, attributes: { axes } }: Context, a: Tensor, shape: readonly number[]): Tensor {
  return t.reshape(a, [...reducedShape(shape, axes, false), 1]);
}
