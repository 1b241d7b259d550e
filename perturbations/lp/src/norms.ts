import type { Tensor, TensorOps } from "@lirpa/core/plugin";

/** p of an Lp norm, 1 or more; `"inf"` is the maximum norm (JSON has no Infinity). */
export type Norm = number | "inf";

/** Below this a norm is taken to be this much: it keeps gradients finite at zero and errs outward. */
const TINY = 1e-30;

/** q with 1/p + 1/q = 1: the greatest ⟨a, x⟩ over ‖x‖_p <= 1 is ‖a‖_q (Hölder's inequality). */
export function dual(p: Norm): Norm {
  if (p === "inf") return 1;
  return p === 1 ? "inf" : p / (p - 1);
}

/**
 * ‖x‖_p over `axes`, which keep size 1. Up to rounding it is never below the true norm, float32's underflow of squares
 * and powers included: TINY is the square of 1e-15, far above what can vanish. Squares may overflow (float32: elements
 * beyond 1e19) to an infinite, still sound, L2 norm.
 */
export function norm(t: TensorOps, x: Tensor, p: Norm, axes: readonly number[]): Tensor {
  const size = t.abs(x);
  if (p === "inf") return t.reduceMax(size, axes, true);
  if (p === 1) return t.sum(size, axes, true);
  if (p === 2) return t.sqrt(t.max(t.sum(t.square(x), axes, true), TINY));
  // Powers of numbers in [0, 1] neither overflow nor all vanish. The result is the same for every scale, so that no
  // gradient needs to flow through it. The sum is at least 1 unless all elements are TINY; the floor is lower because a
  // maximum of equals would divide the gradient between them.
  const scale = t.stopGradient(t.max(t.reduceMax(size, axes, true), TINY));
  const powers = t.pow(t.max(t.div(size, scale), TINY), p);
  return t.mul(scale, t.pow(t.max(t.sum(powers, axes, true), 0.5), 1 / p));
}
