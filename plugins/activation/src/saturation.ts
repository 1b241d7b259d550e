import type { Interval, Line, Lines, Tensor, TensorOps } from "@lirpa/core/plugin";

/** Where x is cut off; undefined where it is not. `min` is not above `max`. */
export interface Limits {
  readonly min: number | undefined;
  readonly max: number | undefined;
}

/** Slopes of a line through the bend next to it, for a choice between them. */
interface Slopes {
  /** Of the least area: flat if the interval's middle lies beyond the bend, otherwise the steepest. */
  readonly leastArea: Tensor;
  /** Of the chord from end to end. */
  readonly chord: Tensor;
  /** Where the interval contains both bends; undefined where there is one. */
  readonly both: Tensor | undefined;
}

export type Choice = (t: TensorOps, slopes: Slopes) => Tensor;

/**
 * Neither of the first two is better throughout. The third takes the least area with one limit, as Relu does; with two
 * it takes the chord's slope at a single bend and the least area at both, which is never looser than the peer on the
 * goldens.
 */
export const choices: Readonly<Record<"leastArea" | "sameSlope" | "standard", Choice>> = {
  leastArea: (_, { leastArea }) => leastArea,
  sameSlope: (_, { chord }) => chord,
  standard: (t, { leastArea, chord, both }) => (both === undefined ? leastArea : t.where(both, leastArea, chord)),
};

/** x, cut off at the limits. */
export function saturate(t: TensorOps, x: Tensor, { min, max }: Limits): Tensor {
  const below = min === undefined ? x : t.max(x, min);
  return max === undefined ? below : t.min(below, max);
}

/** True where the interval lies between the limits or beyond one of them. */
export function isStraight(t: TensorOps, { lower, upper }: Interval, { min, max }: Limits): Tensor {
  const always = t.lessEqual(lower, upper);
  const between = t.and(
    min === undefined ? always : t.greaterEqual(lower, min),
    max === undefined ? always : t.lessEqual(upper, max),
  );
  const orAbove = max === undefined ? between : t.or(between, t.greaterEqual(lower, max));
  return min === undefined ? orAbove : t.or(orAbove, t.lessEqual(upper, min));
}

/**
 * Lines around f(x) = x cut off at `min` and `max`, on [l, u].
 *
 * Let m be the point of [l, u] nearest to `max`, and k the slope of the chord from (l, f(l)) to (m, f(m)). The concave
 * hull of f is this chord and, right of m, the constant f(m). So every line through (m, f(m)) with a slope in [0, k]
 * lies above f and touches the hull. Where u ≤ max nothing lies right of m, and k is best everywhere (it is the chord).
 * The lower line is the mirror image, about `min`. For min = 0 and no max these are the lines of CROWN for Relu (Zhang
 * et al. 2018); at l = u they are exact.
 */
export function saturationLines(t: TensorOps, { lower, upper }: Interval, limits: Limits, choice: Choice): Lines {
  const { min, max } = limits;
  const low = saturate(t, lower, limits);
  const high = saturate(t, upper, limits);
  const middle = t.add(t.mul(lower, 0.5), t.mul(upper, 0.5));
  const chord = quotient(t, t.sub(high, low), t.sub(upper, lower));

  const top = max === undefined ? upper : t.max(t.min(upper, max), lower);
  const rise = quotient(t, t.sub(saturate(t, top, limits), low), t.sub(top, lower));
  const bottom = min === undefined ? lower : t.min(t.max(lower, min), upper);
  const climb = quotient(t, t.sub(high, saturate(t, bottom, limits)), t.sub(upper, bottom));
  const flat = { top: t.greaterEqual(middle, top), bottom: t.lessEqual(middle, bottom) };
  const both = min === undefined || max === undefined ? undefined : t.and(t.less(lower, min), t.greater(upper, max));
  const chosen = (steepest: Tensor, isFlat: Tensor) =>
    choice(t, { leastArea: t.where(isFlat, 0, steepest), chord: t.min(chord, steepest), both });

  // A chord is tied to its end in the flat part, where rounding is smallest.
  const above =
    max === undefined
      ? { slope: rise, through: lower }
      : bent(t, t.greater(upper, max), chosen(rise, flat.top), rise, top, lower);
  const below =
    min === undefined
      ? { slope: climb, through: upper }
      : bent(t, t.less(lower, min), chosen(climb, flat.bottom), climb, bottom, upper);
  const line = ({ slope, through }: Tied): Line => ({
    slope,
    intercept: t.sub(saturate(t, through, limits), t.mul(slope, through)),
  });
  return { lower: line(below), upper: line(above) };
}

/** A line by its slope and a point of the interval where it meets the function. */
interface Tied {
  readonly slope: Tensor;
  readonly through: Tensor;
}

/**
 * Where the interval goes beyond the bend, a free slope between 0 and the steepest, through the bend; else the chord.
 */
function bent(t: TensorOps, beyond: Tensor, slope: Tensor, steepest: Tensor, bend: Tensor, end: Tensor): Tied {
  return {
    slope: t.free(t.where(beyond, slope, steepest), t.where(beyond, 0, steepest), steepest),
    through: t.where(beyond, bend, end),
  };
}

/** A slope in [0, 1]; 0 on an interval without length, where a tiny divisor would make gradients explode. */
function quotient(t: TensorOps, difference: Tensor, length: Tensor): Tensor {
  return t.div(difference, t.where(t.greater(length, 0), length, 1));
}
