import type { Coefficients, Interval, Tensor, TensorOps } from "@lirpa/core/plugin";
import { sizeOf } from "./reading.js";

/** Below every value, yet finite. */
const LOWEST = -3.4e38;
const TINY = 1e-30;
/** On shorter intervals the chord of exp is left for the slope at its upper end: dividing by the length would be noise. */
const SHORT = 1e-3;

/** log Σ exp(x) over axes, which keep size one. The greatest element is taken out, so that no exponential overflows. */
export function logSumExp(t: TensorOps, x: Tensor, axes: readonly number[]): Tensor {
  const most = t.stopGradient(t.reduceMax(x, axes, true));
  return t.add(most, t.log(t.sum(t.exp(t.sub(x, most)), axes, true)));
}

/**
 * For each element the log-sum-exp of the others. Taking an element's share from the whole would cancel all digits for a
 * dominant one: for the only greatest element the others are added up on their own; without any other element the whole
 * is at least 1.
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
export function planeBelow(t: TensorOps, { lower, upper }: Interval, axes: readonly number[]): Plane {
  const at = t.free(t.mul(t.add(lower, upper), 0.5), lower, upper);
  const value = logSumExp(t, at, axes);
  const weights = t.exp(t.sub(at, value));
  return { weights, intercept: t.sub(value, t.sum(t.mul(weights, at), axes, true)) };
}

/**
 * With any linear ρ(x) = Σ θ_k x_k and d_j = x_j − ρ(x) it is log Σ exp(x) = ρ(x) + log Σ exp(d_j). On the interval of
 * d_j the exponential lies below its chord c_j, and log A ≤ log A₀ + A / A₀ − 1; A₀ is taken as Σ c_j at the middle of
 * the box. θ = 0 and unit vectors are the bounds of Wei et al., "Convex Bounds on the Softmax Function with
 * Applications to Robustness Verification" (2023), section 4. In between, with p the softmax at the middle and w the
 * widths, the chords' errors are about p_k (1 − θ_k)² w_k² + Σ_{j≠k} p_j (w_j + θ_k w_k)² for one θ_k that is not zero;
 * the least is at θ_k w_k = (2 p_k w_k − Σ p_j w_j)⁺, which at most one k has. Every θ in [0, 1] is sound.
 */
export function planeAbove(t: TensorOps, { lower, upper }: Interval, axes: readonly number[]): Plane {
  const middle = t.mul(t.add(lower, upper), 0.5);
  const widths = t.sub(upper, lower);
  const sum = (x: Tensor): Tensor => t.sum(x, axes, true);
  const shares = t.exp(t.sub(middle, logSumExp(t, middle, axes)));
  const excess = t.relu(t.sub(t.mul(t.mul(shares, widths), 2), sum(t.mul(shares, widths))));
  const theta = t.free(t.min(t.div(excess, t.max(widths, TINY)), 1), 0, 1);

  // The log-sum-exp shifts with its elements: near zero fewer digits are lost.
  const origin = t.stopGradient(t.reduceMax(middle, axes, true));
  const [low, high, mid] = [lower, upper, middle].map((x) => t.sub(x, origin)) as [Tensor, Tensor, Tensor];
  const difference = (own: Tensor, others: Tensor): Tensor => {
    const parts = t.mul(theta, others);
    return t.sub(t.mul(t.sub(1, theta), own), t.sub(sum(parts), parts));
  };
  const [dLow, dHigh, dMid] = [difference(low, high), difference(high, low), difference(mid, mid)];
  const scale = t.stopGradient(t.reduceMax(dHigh, axes, true));
  const [eLow, eHigh] = [t.exp(t.sub(dLow, scale)), t.exp(t.sub(dHigh, scale))];
  const length = t.sub(dHigh, dLow);
  const slopes = t.where(t.greater(length, SHORT), t.div(t.sub(eHigh, eLow), t.max(length, SHORT)), eHigh);
  const total = sum(t.add(eLow, t.mul(slopes, t.sub(dMid, dLow))));
  const shared = t.div(slopes, total);
  const weights = t.add(shared, t.mul(theta, t.sub(1, sum(shared))));
  const atMiddle = t.add(t.add(sum(t.mul(theta, mid)), scale), t.log(total));
  return { weights, intercept: t.add(t.sub(atMiddle, sum(t.mul(weights, mid))), t.mul(origin, t.sub(1, sum(weights)))) };
}

/**
 * Coefficients of log Σ exp(x), of shape `kept` (the reduced axes of size one), become coefficients of x: those with the
 * sign of the side take the plane on that side, the others the opposite one.
 */
export function carryLogSumExp(t: TensorOps, a: Coefficients, x: Interval, axes: readonly number[]): { readonly inputs: Coefficients; readonly bias: Coefficients } {
  if (sizeOf(axes.map((axis) => x.lower.shape[axis]!)) === 1) return { inputs: a, bias: { lower: t.zeros([]), upper: t.zeros([]) } };
  const [below, above] = [planeBelow(t, x, axes), planeAbove(t, x, axes)];
  const side = (onBelow: Tensor, onAbove: Tensor): [Tensor, Tensor] => [
    t.add(t.mul(onBelow, below.weights), t.mul(onAbove, above.weights)),
    t.add(t.dot(onBelow, below.intercept), t.dot(onAbove, above.intercept)),
  ];
  const lower = side(t.relu(a.lower), t.min(a.lower, 0));
  const upper = side(t.min(a.upper, 0), t.relu(a.upper));
  return { inputs: { lower: lower[0], upper: upper[0] }, bias: { lower: lower[1], upper: upper[1] } };
}
