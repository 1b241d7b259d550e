import {
  defineOperator,
  readTrueReduction,
  reductionAttributes,
  type Interval,
  type Operator,
  type Reduction,
  type RuleContext,
  type Tensor,
} from "@lirpa/core/plugin";

type Context = RuleContext<Reduction>;

/** An affine function of the elements: one weight for each and one constant for each norm. */
interface Plane {
  readonly weights: Tensor;
  readonly intercept: Tensor;
}

const TINY = 1e-15;

/** Euclidean norms over axes. The planes below and above are in `lowerPlane` and `upperPlane`. */
export const reduceL2: Operator = defineOperator({
  type: "ReduceL2",
  sinceVersion: 1,
  kind: "custom",
  inputs: ["data", "axes?"],
  attributes: reductionAttributes,
  derive: readTrueReduction,
  forward: (context, x) => norm(context, x, context.attributes.keepDims),
  interval: (context, x) => {
    const {
      t,
      attributes: { keepDims },
    } = context;
    const nearest = t.max(t.relu(x.lower), t.relu(t.neg(x.upper)));
    const farthest = t.max(t.abs(x.lower), t.abs(x.upper));
    return { lower: norm(context, nearest, keepDims), upper: norm(context, farthest, keepDims) };
  },
  backward: (context, [outputs], [x]) => {
    const { t } = context;
    const [below, above] = [lowerPlane(context, x), upperPlane(context, x)];
    const carry = (onBelow: Tensor, onAbove: Tensor) => {
      const [low, high] = [t.reshape(onBelow, below.intercept.shape), t.reshape(onAbove, above.intercept.shape)];
      return {
        coefficients: t.add(t.mul(low, below.weights), t.mul(high, above.weights)),
        bias: t.add(t.dot(low, below.intercept), t.dot(high, above.intercept)),
      };
    };
    const lower = carry(t.relu(outputs.lower), t.min(outputs.lower, 0));
    const upper = carry(t.min(outputs.upper, 0), t.relu(outputs.upper));
    return {
      inputs: [{ lower: lower.coefficients, upper: upper.coefficients }],
      bias: { lower: lower.bias, upper: upper.bias },
    };
  },
});

function norm({ t, attributes: { axes } }: Context, x: Tensor, keepDims = true): Tensor {
  return t.sqrt(t.sum(t.square(x), axes, keepDims));
}

/** ‖x‖ ≥ ⟨g, x⟩ for every g with ‖g‖ ≤ 1 (Cauchy–Schwarz); g = c / ‖c‖ touches it at c. */
function lowerPlane(context: Context, { lower, upper }: Interval): Plane {
  const { t } = context;
  const at = t.free(t.mul(t.add(lower, upper), 0.5), lower, upper);
  const length = norm(context, at);
  return { weights: t.div(at, t.max(length, TINY)), intercept: t.zeros(length.shape) };
}

/**
 * On [l, u] the sum of x_i² is at most that of its chords, q(x) = Σ (l_i + u_i) x_i − l_i u_i, and √q ≤ (q / r + r) / 2
 * for every r > 0, with equality for r² = q: taken at the middle of the box, where q = Σ (l_i² + u_i²) / 2.
 */
function upperPlane({ t, attributes: { axes } }: Context, { lower, upper }: Interval): Plane {
  const half = t.mul(t.add(t.square(lower), t.square(upper)), 0.5);
  const r = t.max(t.sqrt(t.sum(half, axes, true)), TINY);
  const weights = t.div(t.add(lower, upper), t.mul(r, 2));
  const products = t.sum(t.mul(lower, t.div(upper, r)), axes, true);
  return { weights, intercept: t.mul(t.sub(r, products), 0.5) };
}
