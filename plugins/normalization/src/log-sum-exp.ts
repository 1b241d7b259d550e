import { sizeOf, sizesOf, type Coefficients, type Interval, type Tensor, type TensorOps } from "@lirpa/core/plugin";

/** Below every value, yet finite. */
const LOWEST = -3.4e38;
const TINY = 1e-30;
/**
 * On shorter intervals the chord of exp is left for the slope at its upper end: dividing by the length would be
 * noise.
 */
const SHORT = 1e-3;
/** The exponential of what lies so far below the greatest element is zero in float32, and below 1e-45 anywhere. */
const NEGLIGIBLE = -104;
/** Nothing farther below is told apart: float32 has numbers for what is computed from it. */
const FARTHEST = -1e30;
/**
 * What is added and taken away around a common offset of the elements is rounded relative to that offset. Four units in
 * the last place of a float32 are kept for it, so that no plane is proved by digits that were lost; numbers of ordinary
 * size are rounded as all others are.
 */
const ROUNDING = 2 ** -22;
const ORDINARY = 200;

/**
 * Elements from their greatest one on, which the log-sum-exp and its planes shift with: no digits are lost to an
 * offset.
 */
interface Shifted {
  readonly origin: Tensor;
  readonly from: Tensor;
}

function shifted(t: TensorOps, x: Tensor, axes: readonly number[]): Shifted {
  const origin = t.stopGradient(t.reduceMax(x, axes, true));
  return { origin, from: t.sub(x, origin) };
}

/** log Σ exp(x) of elements near zero or far below it, over axes, which keep size one. */
function nearZero(t: TensorOps, x: Tensor, axes: readonly number[]): Tensor {
  return t.log(t.sum(t.exp(x), axes, true));
}

/** log Σ exp(x) over axes, which keep size one. The greatest element is taken out, so that no exponential overflows. */
export function logSumExp(t: TensorOps, x: Tensor, axes: readonly number[]): Tensor {
  const { origin, from } = shifted(t, x, axes);
  return t.add(origin, nearZero(t, from, axes));
}

/** x − log Σ exp(x), without going back to where the elements lie. */
export function logSoftmaxOf(t: TensorOps, x: Tensor, axes: readonly number[]): Tensor {
  const { from } = shifted(t, x, axes);
  return t.sub(from, nearZero(t, from, axes));
}

/**
 * For each element the log-sum-exp of the others. Taking an element's share from the whole would cancel all digits
 * for a dominant one: for the only greatest element the others are added up on their own; without any other element
 * the whole is at least 1.
 */
export function logSumExpOfOthers(t: TensorOps, x: Tensor, axes: readonly number[]): Tensor {
  const most = t.reduceMax(x, axes, true);
  const isMost = t.greaterEqual(x, most);
  const shares = t.exp(t.sub(x, most));
  const withoutOwn = t.sub(t.sum(shares, axes, true), shares);
  const next = t.reduceMax(t.where(isMost, LOWEST, x), axes, true);
  const below = t.where(isMost, 0, t.exp(t.min(t.sub(x, next), 0)));
  const ofRest = t.add(next, t.log(t.max(t.sum(below, axes, true), TINY)));
  const alone = t.less(t.sum(t.where(isMost, 1, 0), axes, true), 1.5);
  return t.where(t.and(isMost, alone), ofRest, t.add(most, t.log(t.max(withoutOwn, TINY))));
}

/** An affine function: one weight for each element, one constant for each reduced slice. */
export interface Plane {
  readonly weights: Tensor;
  readonly intercept: Tensor;
}

/** log Σ exp is convex: every tangent lies below. Its gradient is the softmax. */
export function planeBelow(t: TensorOps, interval: Interval, axes: readonly number[]): Plane {
  const at = t.free(middleOf(t, interval), interval.lower, interval.upper);
  const { origin, from } = shifted(t, at, axes);
  const value = nearZero(t, from, axes);
  const weights = t.exp(t.sub(from, value));
  // An element without weight adds nothing, however far away it is.
  const parts = t.mul(weights, t.max(from, 2 * NEGLIGIBLE));
  return plane(t, { weights, origin, parts, value }, "below", axes);
}

/**
 * With any linear ρ(x) = Σ θ_k x_k and d_j = x_j − ρ(x) it is log Σ exp(x) = ρ(x) + log Σ exp(d_j). On the interval of
 * d_j the exponential lies below its chord c_j, and log A ≤ log A₀ + A / A₀ − 1; A₀ is taken as Σ c_j at the middle of
 * the box. θ = 0 and unit vectors are the bounds of Wei et al., "Convex Bounds on the Softmax Function with
 * Applications to Robustness Verification" (2023), section 4. In between, with p the softmax at the middle and w the
 * widths, the chords' errors are about p_k (1 − θ_k)² w_k² + Σ_{j≠k} p_j (w_j + θ_k w_k)² for one θ_k that is not zero;
 * the least is at θ_k w_k = (2 p_k w_k − Σ p_j w_j)⁺, which at most one k has. Every θ in [0, 1] is sound.
 *
 * An element that is negligible in the middle (behind a mask, say) is taken as the constant exp(its upper end), with
 * θ = 0: it must not bring its distance into sums that cancel.
 */
export function planeAbove(t: TensorOps, interval: Interval, axes: readonly number[]): Plane {
  const sum = (x: Tensor): Tensor => t.sum(x, axes, true);
  const { origin, from: mid } = shifted(t, middleOf(t, interval), axes);
  const counts = t.greater(t.sub(interval.upper, origin), NEGLIGIBLE);
  // A chord must start where its interval does.
  const near = (x: Tensor): Tensor => t.where(counts, x, t.max(x, FARTHEST));
  const [low, high, middle] = [near(t.sub(interval.lower, origin)), near(t.sub(interval.upper, origin)), near(mid)];
  const widths = t.sub(high, low);
  const shares = t.exp(t.sub(middle, nearZero(t, middle, axes)));
  const excess = t.relu(t.sub(t.mul(t.mul(shares, widths), 2), sum(t.mul(shares, widths))));
  const theta = t.free(t.min(t.div(excess, t.max(widths, TINY)), 1), 0, t.cast(counts, "float"));

  const difference = (own: Tensor, others: Tensor): Tensor => {
    const parts = t.mul(theta, others);
    return t.sub(t.mul(t.sub(1, theta), own), t.sub(sum(parts), parts));
  };
  const [dLow, dHigh, dMid] = [difference(low, high), difference(high, low), difference(middle, middle)];
  const scale = t.stopGradient(t.reduceMax(dHigh, axes, true));
  const [eLow, eHigh] = [t.exp(t.sub(dLow, scale)), t.exp(t.sub(dHigh, scale))];
  const length = t.sub(dHigh, dLow);
  const chords = t.where(t.greater(length, SHORT), t.div(t.sub(eHigh, eLow), t.max(length, SHORT)), eHigh);
  const slopes = t.where(counts, chords, 0);
  const atMiddle = t.add(eLow, t.mul(slopes, t.sub(dMid, dLow)));
  const total = sum(t.where(counts, atMiddle, eHigh));
  const shared = t.div(slopes, total);
  const weights = t.add(shared, t.mul(theta, t.sub(1, sum(shared))));
  const value = t.add(t.add(sum(t.mul(theta, middle)), scale), t.log(total));
  return plane(t, { weights, origin, parts: t.mul(weights, middle), value }, "above", axes);
}

interface Touching {
  readonly weights: Tensor;
  readonly origin: Tensor;
  /** Weights times the point where the plane's value is known, from the origin on. */
  readonly parts: Tensor;
  /** The plane's value there, from the origin on. */
  readonly value: Tensor;
}

/** The plane through a point, further out by what rounding may have lost there. */
function plane(
  t: TensorOps,
  { weights, origin, parts, value }: Touching,
  side: "below" | "above",
  axes: readonly number[],
): Plane {
  const sum = (x: Tensor): Tensor => t.sum(x, axes, true);
  const rest = t.sub(1, sum(weights));
  const intercept = t.add(t.sub(value, sum(parts)), t.mul(origin, rest));
  // Each part by itself: near the last of float32 their sum has no number.
  const lost = (x: Tensor): Tensor => t.mul(t.abs(x), ROUNDING);
  const atOrigin = t.mul(lost(origin), t.add(t.add(t.abs(rest), sum(t.abs(weights))), 1));
  const magnitude = t.add(atOrigin, t.add(lost(value), sum(lost(parts))));
  const slack = t.stopGradient(t.relu(t.sub(magnitude, ROUNDING * ORDINARY)));
  return { weights, intercept: side === "below" ? t.sub(intercept, slack) : t.add(intercept, slack) };
}

/** Written so that neither sums nor differences of the ends overflow. */
function middleOf(t: TensorOps, { lower, upper }: Interval): Tensor {
  return t.add(t.mul(lower, 0.5), t.mul(upper, 0.5));
}

/**
 * Coefficients of log Σ exp(x), of shape `kept` (the reduced axes of size one), become coefficients of x: those with
 * the sign of the side take the plane on that side, the others the opposite one.
 */
export function carryLogSumExp(
  t: TensorOps,
  a: Coefficients,
  x: Interval,
  axes: readonly number[],
): { readonly inputs: Coefficients; readonly bias: Coefficients } {
  if (sizeOf(sizesOf(x.lower.shape, axes)) === 1)
    return { inputs: a, bias: { lower: t.zeros([]), upper: t.zeros([]) } };
  // An element at −∞ has no weight in any plane, and neither has one at the last float.
  const finite: Interval = { lower: t.max(x.lower, LOWEST), upper: t.max(x.upper, LOWEST) };
  const [below, above] = [planeBelow(t, finite, axes), planeAbove(t, finite, axes)];
  const side = (onBelow: Tensor, onAbove: Tensor): [Tensor, Tensor] => [
    t.add(t.mul(onBelow, below.weights), t.mul(onAbove, above.weights)),
    t.add(t.dot(onBelow, below.intercept), t.dot(onAbove, above.intercept)),
  ];
  const lower = side(t.relu(a.lower), t.min(a.lower, 0));
  const upper = side(t.min(a.upper, 0), t.relu(a.upper));
  return { inputs: { lower: lower[0], upper: upper[0] }, bias: { lower: lower[1], upper: upper[1] } };
}
