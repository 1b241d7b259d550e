import type { Interval, Lines, Tensor, TensorOps } from "@lirpa/core/plugin";

/** Where x is cut off; undefined where it is not. `min` is not above `max`. */
export interface Limits {
  readonly min: number | undefined;
  readonly max: number | undefined;
}

/** x, cut off at the limits. */
export function saturate(t: TensorOps, x: Tensor, { min, max }: Limits): Tensor {
  const below = min === undefined ? x : t.max(x, min);
  return max === undefined ? below : t.min(below, max);
}

/**
 * Lines around f(x) = x cut off at `min` and `max`, on [l, u].
 *
 * Let m be the point of [l, u] nearest to `max`, and k the slope of the chord from (l, f(l)) to (m, f(m)). The concave
 * hull of f is this chord and, right of m, the constant f(m). So every line through (m, f(m)) with a slope in [0, k]
 * lies above f and touches the hull; the smallest area belongs to 0 if the interval's middle is right of m, otherwise
 * to k. Where u ≤ max nothing lies right of m and k is best everywhere. The lower line is the mirror image, about `min`.
 * For min = 0 and no max these are the lines of CROWN for Relu (Zhang et al. 2018), and at l = u they are exact.
 */
export function saturationLines(t: TensorOps, { lower, upper }: Interval, limits: Limits): Lines {
  const { min, max } = limits;
  const middle = t.add(t.mul(lower, 0.5), t.mul(upper, 0.5));

  const top = max === undefined ? upper : t.min(t.max(lower, max), upper);
  const atTop = saturate(t, top, limits);
  const rise = t.div(t.sub(atTop, saturate(t, lower, limits)), t.max(t.sub(top, lower), 1e-30));
  const upperSlope =
    max === undefined
      ? rise
      : t.free(t.where(t.greaterEqual(middle, top), 0, rise), t.where(t.greater(upper, max), 0, rise), rise);

  const bottom = min === undefined ? lower : t.max(t.min(upper, min), lower);
  const atBottom = saturate(t, bottom, limits);
  const climb = t.div(t.sub(saturate(t, upper, limits), atBottom), t.max(t.sub(upper, bottom), 1e-30));
  const lowerSlope =
    min === undefined
      ? climb
      : t.free(t.where(t.lessEqual(middle, bottom), 0, climb), t.where(t.less(lower, min), 0, climb), climb);

  return {
    lower: { slope: lowerSlope, intercept: t.sub(atBottom, t.mul(lowerSlope, bottom)) },
    upper: { slope: upperSlope, intercept: t.sub(atTop, t.mul(upperSlope, top)) },
  };
}
