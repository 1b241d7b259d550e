import {
  defineOperator,
  int,
  nth,
  unsupportedAttribute,
  type AttributeContext,
  type BackwardStep,
  type Coefficients,
  type Interval,
  type Operator,
  type RuleContext,
  type Tensor,
} from "@lirpa/core/plugin";
import { scatterWindows } from "./scatter-windows.js";
import { poolingAttributes, poolingWindow, type PoolingAttributes, type PoolingWindow } from "./window.js";

interface MaxPoolAttributes {
  readonly window: PoolingWindow;
}

type Context = RuleContext<MaxPoolAttributes>;

/** Stands in the padding: below every value, yet finite, so that products with it are numbers. */
const LOWEST = -3.4e38;
/** The weight that the default choice keeps while others are tried. */
const ANCHOR = 1e-3;
/** The axis of `t.windows` that runs through a window's elements. */
const ELEMENTS = 2;

/** Maxima of windows. The planes below and above are in `lowerWeights` and `upperPlane`. */
export const maxPool: Operator = defineOperator({
  type: "MaxPool",
  sinceVersion: 1,
  kind: "custom",
  inputs: ["X"],
  attributes: {
    ...poolingAttributes,
    // It matters to the output 'Indices' alone.
    storage_order: int(0).only(0),
  },
  derive: read,
  forward: (context, x) => maxima(context, x),
  takesUnbounded: true,
  interval: (context, x) => ({ lower: maxima(context, x.lower), upper: maxima(context, x.upper) }),
  backward: (context, [outputs], [x]) => backward(context, outputs, x),
});

function elements({ t, attributes }: Context, x: Tensor, padding: number = LOWEST): Tensor {
  return t.windows(x, attributes.window.kernel, attributes.window.options, padding);
}

function maxima(context: Context, x: Tensor): Tensor {
  return context.t.reduceMax(elements(context, x), [ELEMENTS]);
}

function backward(context: Context, outputs: Coefficients, x: Interval): BackwardStep {
  const lower = carry(context, outputs.lower, x, "lower");
  const upper = carry(context, outputs.upper, x, "upper");
  return {
    inputs: [{ lower: lower.coefficients, upper: upper.coefficients }],
    bias: { lower: lower.bias, upper: upper.bias },
  };
}

/**
 * One side's coefficients: where they have the side's sign they take the plane on its side, elsewhere the opposite
 * one.
 */
function carry(
  context: Context,
  a: Tensor,
  x: Interval,
  side: "lower" | "upper",
): { coefficients: Tensor; bias: Tensor } {
  const { t, attributes } = context;
  const { weights, intercept } = upperPlane(context, x);
  const positive = t.relu(a);
  const negative = t.min(a, 0);
  const [below, above] = side === "lower" ? [positive, negative] : [negative, positive];
  const overElements = t.add(
    t.mul(eachElement(context, below), lowerWeights(context, x)),
    t.mul(eachElement(context, above), weights),
  );
  return { coefficients: scatterWindows(t, overElements, attributes.window), bias: t.dot(above, intercept) };
}

/**
 * A maximum is at least every convex combination of its elements; by default the element with the greatest lower end.
 */
function lowerWeights(context: Context, x: Interval): Tensor {
  const { t } = context;
  const lower = elements(context, x.lower);
  const greatest = t.where(isAt(context, t.argMax(lower, ELEMENTS), lower), 1, 0);
  const notPadding = elements(context, t.full(x.lower.shape, 1), 0);
  const free = t.free(greatest, 0, notPadding);
  const weights = t.add(free, t.mul(greatest, ANCHOR));
  return t.div(weights, t.add(t.sum(free, [ELEMENTS], true), ANCHOR));
}

/**
 * Let i have the greatest upper end u, and m ≥ every other upper end and ≥ l, its own lower end. Then the maximum is
 * at most max(x_i, m), a convex function of x_i, hence at most its chord u − s (u − x_i) with s = (u − m) / (u − l).
 * Smaller slopes lie higher on [l, u], and 0 is the constant u. s is 1, and the plane x_i itself, where i dominates.
 */
function upperPlane(context: Context, x: Interval): { weights: Tensor; intercept: Tensor } {
  const { t } = context;
  const upper = elements(context, x.upper);
  const index = t.argMax(upper, ELEMENTS);
  const greatest = isAt(context, index, upper);
  const u = t.reduceMax(upper, [ELEMENTS], true);
  const l = t.gatherElements(elements(context, x.lower), index, ELEMENTS);
  const others = t.reduceMax(t.where(greatest, LOWEST, upper), [ELEMENTS], true);
  // Rounding may leave u below l: no slope is below zero.
  const steepest = t.div(t.relu(t.sub(u, t.max(others, l))), t.max(t.sub(u, l), 1e-30));
  const slope = t.free(steepest, 0, steepest);
  const intercept = t.mul(t.sub(1, slope), u);
  return { weights: t.where(greatest, slope, 0), intercept: t.reshape(intercept, outputShape(context)) };
}

/** True at the element of each window that the index names. */
function isAt({ t }: Context, index: Tensor, windows: Tensor): Tensor {
  const count = nth(windows.shape, ELEMENTS);
  const positions = t.reshape(t.arange(count), [count, ...windows.shape.slice(ELEMENTS + 1).map(() => 1)]);
  return t.equal(positions, index);
}

/** Coefficients of the maxima with an axis for the elements of each window. */
function eachElement({ t }: Context, a: Tensor): Tensor {
  return t.reshape(a, [...a.shape.slice(0, ELEMENTS), 1, ...a.shape.slice(ELEMENTS)]);
}

function outputShape({ attributes }: Context): readonly number[] {
  const { batch, channels, output } = attributes.window;
  return [batch, channels, ...output];
}

function read(attributes: PoolingAttributes, context: AttributeContext<readonly ["X"]>): MaxPoolAttributes {
  if (context.isRead[1] === true) {
    throw unsupportedAttribute(`${context.node}: the output 'Indices' is not supported, only 'Y' is`, {
      hint: "Remove what uses it.",
    });
  }
  return { window: poolingWindow(attributes, context) };
}
