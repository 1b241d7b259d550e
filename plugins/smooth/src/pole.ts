import type { Interval, Lines, Tensor, TensorOps } from "@lirpa/core/plugin";
import { clamp, convexLines, flat, mirrored, negated, select, STEEPEST, UNBOUNDED, type Curve } from "./lines.js";

/**
 * x^p for p < 0: convex and falling on x > 0; for integers p its image left of zero, turned over for odd ones. At zero
 * the function has a pole. Floating point gives it a value there, infinite and of the sign of the zero, which no
 * interval knows: an interval that holds zero, be it as an end, has no upper end, and for odd p no lower one either.
 * Other exponents have no values left of zero, and what an interval has there counts for nothing.
 *
 * Everything is computed on the side x > 0, for [−u, −l] where the interval lies left of zero.
 */
export function poleLines(t: TensorOps, interval: Interval, p: number): Lines {
  const { side, isLeft, isAround, atPole, least } = sideOf(t, interval, p);
  const convex = convexLines(t, powerOf(t, p), side);
  const right: Lines = { lower: convex.lower, upper: select(t, atPole, flat(UNBOUNDED), convex.upper) };
  const turned = mirrored(t, right);
  const left: Lines = isOdd(p) ? { lower: negated(t, turned.upper), upper: negated(t, turned.lower) } : turned;
  return {
    lower: select(t, isAround, flat(isOdd(p) ? -UNBOUNDED : least), select(t, isLeft, left.lower, right.lower)),
    upper: select(t, isAround, flat(UNBOUNDED), select(t, isLeft, left.upper, right.upper)),
  };
}

/** The smallest interval around x^p. */
export function poleRange(t: TensorOps, interval: Interval, p: number): Interval {
  const { side, isLeft, isAround, atPole, least } = sideOf(t, interval, p);
  const most = t.where(t.or(atPole, isAround), UNBOUNDED, powerOf(t, p).value(side.lower));
  if (!isOdd(p)) return { lower: least, upper: most };
  return {
    lower: t.where(isAround, -UNBOUNDED, t.where(isLeft, t.neg(most), least)),
    upper: t.where(isAround, UNBOUNDED, t.where(isLeft, t.neg(least), most)),
  };
}

interface Pole {
  /** The interval, or its image where it lies left of zero, as far as slopes do not overflow float32. */
  readonly side: Interval;
  readonly isLeft: Tensor;
  /** Zero is inside, or an end. */
  readonly isAround: Tensor;
  /** So near to zero that float32 does not hold the slope there, and perhaps not the value. */
  readonly atPole: Tensor;
  /** The least of |x|^p: that of the end farthest from zero. */
  readonly least: Tensor;
}

function sideOf(t: TensorOps, interval: Interval, p: number): Pole {
  const whole = Number.isInteger(p);
  const lower = whole ? interval.lower : t.relu(interval.lower);
  const upper = whole ? interval.upper : t.relu(interval.upper);
  const isLeft = t.less(upper, t.relu(t.neg(lower)));
  const isAround = t.and(t.lessEqual(lower, 0), t.greaterEqual(upper, 0));
  // Slopes are p · x^(p − 1), and stay finite in float32.
  const nearest = STEEPEST ** (-1 / (1 - p));
  const near = t.relu(t.where(isLeft, t.neg(upper), lower));
  const far = t.max(t.max(t.abs(lower), t.abs(upper)), nearest);
  return {
    side: { lower: clamp(t, near, nearest, far), upper: far },
    isLeft,
    isAround,
    atPole: t.less(near, nearest),
    least: powerOf(t, p).value(far),
  };
}

function powerOf(t: TensorOps, p: number): Curve {
  if (p === -1) return { value: (x) => t.reciprocal(x), slope: (x) => t.neg(t.square(t.reciprocal(x))) };
  return { value: (x) => t.pow(x, p), slope: (x) => t.mul(t.pow(x, p - 1), p) };
}

function isOdd(p: number): boolean {
  return Math.abs(p % 2) === 1;
}
