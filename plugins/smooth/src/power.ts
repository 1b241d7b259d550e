import type { Interval, Lines, Tensor, TensorOps } from "@lirpa/core/plugin";
import {
  chord,
  chordSlope,
  clamp,
  convexLines,
  flat,
  LARGEST,
  middle,
  select,
  tangent,
  STEEPEST,
  tangentOrChord,
  type Curve,
} from "./lines.js";

/** x^p for p > 1 or 0 < p < 1. Where p is no integer, what an interval has left of zero counts for nothing. */
export function powerLines(t: TensorOps, interval: Interval, p: number): Lines {
  const inside = inDomain(t, interval, p);
  // Beyond, a chord's intercept would overflow float32: the interval's own ends stand there.
  const limit = STEEPEST ** (1 / Math.max(p, 1));
  const near: Interval = { lower: clamp(t, inside.lower, -limit, limit), upper: clamp(t, inside.upper, -limit, limit) };
  const lines = nearLines(t, near, p);
  if (p < 1) return lines;
  const beyond = t.greater(t.max(t.abs(inside.lower), t.abs(inside.upper)), limit);
  const range = powerRange(t, interval, p);
  return {
    // Below a convex function every tangent will do, wherever the interval ends.
    lower: isOdd(p) ? select(t, beyond, flat(range.lower), lines.lower) : lines.lower,
    upper: select(t, beyond, flat(range.upper), lines.upper),
  };
}

/** The smallest interval around x^p: where float32 does not hold an end, it is infinite, on its own side only. */
export function powerRange(t: TensorOps, interval: Interval, p: number): Interval {
  const { lower, upper } = inDomain(t, interval, p);
  const [low, high] = [t.pow(lower, p), t.pow(upper, p)];
  if (!isEven(p)) return { lower: t.min(low, LARGEST), upper: t.max(high, -LARGEST) };
  const nearest = clamp(t, 0, lower, upper);
  return { lower: t.min(t.pow(nearest, p), LARGEST), upper: t.max(low, high) };
}

function nearLines(t: TensorOps, interval: Interval, p: number): Lines {
  if (p < 1) return rootLines(t, interval, p);
  if (isOdd(p)) return oddLines(t, interval, p);
  // The tangent at the point nearest to zero never falls below the least value of an even power.
  return convexLines(t, curve(t, p), interval, isEven(p) ? clamp(t, 0, interval.lower, interval.upper) : undefined);
}

/** Concave on x ≥ 0, with slopes that overflow near zero: no tangent touches there, and no chord is steeper. */
function rootLines(t: TensorOps, interval: Interval, p: number): Lines {
  const nearest = Math.max(STEEPEST ** (-1 / (2 * (1 - p))), 1 / STEEPEST);
  const away = { lower: t.max(interval.lower, nearest), upper: t.max(interval.upper, nearest) };
  const root = curve(t, p);
  const above = tangent(t, root, t.free(middle(t, away), away.lower, away.upper));
  return {
    lower: chord(t, "below", root, interval, root.slope(away.upper), root.slope(away.lower)),
    upper: select(t, t.less(interval.upper, nearest), flat(root.value(interval.upper)), above),
  };
}

/**
 * An odd power, concave left of zero and convex right of it. The line through (−a, −a^p) touches the curve right of
 * zero at ρ a with (p − 1) ρ^p + p ρ^(p − 1) = 1: a number that depends on p alone.
 */
function oddLines(t: TensorOps, interval: Interval, p: number): Lines {
  const ratio = touchingRatio(p);
  const { lower, upper } = interval;
  const odd = curve(t, p);
  const between = chordSlope(t, odd, interval, 0, STEEPEST);
  const touchRight = t.max(lower, t.mul(lower, -ratio));
  const touchLeft = t.min(upper, t.mul(upper, -ratio));
  return {
    lower: tangentOrChord(
      t,
      "below",
      odd,
      interval,
      { from: touchRight, to: upper, none: t.greater(touchRight, upper) },
      between,
    ),
    upper: tangentOrChord(
      t,
      "above",
      odd,
      interval,
      { from: lower, to: touchLeft, none: t.less(touchLeft, lower) },
      between,
    ),
  };
}

/** The root in [0, 1], where the left side grows: rounded up, which is the safe side. */
function touchingRatio(p: number): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < 60; step++) {
    const ratio = (low + high) / 2;
    if ((p - 1) * ratio ** p + p * ratio ** (p - 1) < 1) low = ratio;
    else high = ratio;
  }
  return high;
}

/** Between 1 and 2 the slope's own gradient has a pole at zero, where optimized tangents come. */
function curve(t: TensorOps, p: number): Curve {
  const inside = (x: Tensor): Tensor => (p > 1 && p < 2 ? t.max(x, 1e-30) : x);
  return { value: (x) => t.pow(x, p), slope: (x) => t.mul(t.pow(inside(x), p - 1), p) };
}

function inDomain(t: TensorOps, { lower, upper }: Interval, p: number): Interval {
  return Number.isInteger(p) ? { lower, upper } : { lower: t.relu(lower), upper: t.relu(upper) };
}

function isOdd(p: number): boolean {
  return p % 2 === 1;
}

function isEven(p: number): boolean {
  return p % 2 === 0;
}
