import type { Interval, Line, Lines, Tensor, TensorOps } from "@lirpa/core/plugin";
import { chordSlope, clamp, convexLines, lineAt, select, tangentOrChord, type Curve } from "./lines.js";

/**
 * right · x for x ≥ 0 and scale · (exp(x / width) − 1) left of zero: Elu, Selu and Celu. None is negative; the last
 * two are not zero.
 */
export interface ExponentialLinear {
  readonly right: number;
  readonly scale: number;
  readonly width: number;
}

export function exponentialLinear(t: TensorOps, x: Tensor, { right, scale, width }: ExponentialLinear): Tensor {
  return t.add(t.mul(t.relu(x), right), t.mul(t.sub(t.exp(t.mul(t.min(x, 0), 1 / width)), 1), scale));
}

/**
 * The function is convex where its slope does not fall at zero. Where it does (Selu), the concave bend is at zero
 * alone:
 * - above [l, u] with zero inside lie the lines through the bend whose slope is between that of the right side and
 *   that of the chord from l to zero; where there is none, the chord from l to u;
 * - below lie the tangents left of where a line through (u, f(u)) touches the left side. There are such where the
 *   tangent at l passes below (u, f(u)), not being steeper than the chord; otherwise the chord lies below.
 */
export function exponentialLinearLines(t: TensorOps, interval: Interval, f: ExponentialLinear): Lines {
  const { right, scale, width } = f;
  const steepest = scale / width;
  const value = (x: Tensor): Tensor => exponentialLinear(t, x, f);
  const leftSlope = (x: Tensor): Tensor => t.mul(t.exp(t.mul(t.min(x, 0), 1 / width)), steepest);
  if (steepest <= right)
    return convexLines(t, { value, slope: (x) => t.where(t.less(x, 0), leftSlope(x), right) }, interval);
  const { lower, upper } = interval;
  // Tangents from below touch the left side alone, and at zero have its slope.
  const curve: Curve = { value, slope: leftSlope };
  const between = chordSlope(t, curve, interval, 0, steepest);
  const straight = t.greaterEqual(lower, 0);
  const to = t.where(t.greater(upper, 0), touchLeft(t, t.max(upper, 1e-6), curve, f), upper);
  const below = tangentOrChord(
    t,
    "below",
    curve,
    interval,
    { from: lower, to, none: t.greater(leftSlope(lower), between) },
    between,
  );
  return {
    lower: select(t, straight, { slope: right, intercept: 0 }, below),
    upper: select(t, straight, { slope: right, intercept: 0 }, upperLine(t, interval, curve, right, steepest, between)),
  };
}

function upperLine(
  t: TensorOps,
  interval: Interval,
  curve: Curve,
  right: number,
  steepest: number,
  whole: Tensor,
): Line {
  const { lower, upper } = interval;
  const toBend = chordSlope(t, curve, { lower, upper: t.min(upper, 0) }, 0, steepest);
  const isBent = t.and(t.greater(upper, 0), t.greaterEqual(toBend, right));
  // The longer side decides which slope leaves the least area.
  const value = t.where(isBent, t.where(t.greater(t.add(lower, upper), 0), right, toBend), whole);
  const slope = t.free(value, t.where(isBent, right, whole), t.where(isBent, toBend, whole));
  return lineAt(t, "above", curve, slope, [lower, upper, clamp(t, 0, lower, upper)]);
}

/**
 * Left of zero, where the line through (u, f(u)) touches. Of all chords from there to the left side the one that
 * touches is the steepest; where the left side has the slope of another chord, it is at the touching point or left of
 * it.
 */
function touchLeft(t: TensorOps, u: Tensor, curve: Curve, { right, scale, width }: ExponentialLinear): Tensor {
  const height = t.mul(u, right);
  const pointOf = (slope: Tensor): Tensor => t.mul(t.log(t.mul(slope, width / scale)), width);
  const step = (m: Tensor): Tensor => pointOf(t.div(t.sub(height, curve.value(m)), t.sub(u, m)));
  // The farther away u is, the nearer to the point with the slope of the right side.
  const farthest = width * Math.log((right * width) / scale);
  const guess = t.mul(t.sqrt(t.div(u, t.add(u, width))), farthest);
  return step(t.stopGradient(step(guess)));
}
