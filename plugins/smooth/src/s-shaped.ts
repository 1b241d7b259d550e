import type { Interval, Lines, Tensor, TensorOps } from "@lirpa/core/plugin";
import { chordSlope, stack, stackOf, tangentOrChord, unstack, type Curve, type TensorLine } from "./lines.js";

/** A curve that is convex on one side of zero and concave on the other, and its own image about (0, f(0)). */
export interface SShape {
  /** Which way the curve bends right of zero. */
  readonly right: "concave" | "convex";
  /** f(x), or −f(−x) where `turn` is −1; for odd f they are the same. */
  value(x: Tensor, turn: Tensor): Tensor;
  slope(x: Tensor): Tensor;
  /** What the slope never leaves. */
  readonly limits: { readonly least: number; readonly most: number };
  /** For a ≥ 0.01 the point right of zero where a line through (−a, f(−a)) touches the curve, or a little beyond it. */
  touch(a: Tensor): Tensor;
}

/**
 * Distances from zero are rounded up to a multiple of this before they choose a touching point. A point beyond the true
 * one is as sound; and with the same steps as in auto_LiRPA's tables, bounds are the same to the last digit.
 */
const STEP = 0.01;
const FARTHEST = 1e30;

/**
 * Lines around an S-shaped function on [l, u], after Zhang et al., "Efficient Neural Network Robustness Certification
 * with General Activation Functions" (2018), table 2, and Xu et al., "Automatic Perturbation Analysis" (2020),
 * appendix.
 *
 * Let f be convex left of zero and concave right of it. The line through (l, f(l)) that touches the curve at d ≥ 0
 * lies above f; so does every tangent right of d, and d = l for l ≥ 0. There is d ≤ u where the tangent at u passes
 * above (l, f(l)), that is, where it is not steeper than the chord; otherwise the chord lies above f. Below f the
 * same holds turned about zero, and both lines are found at once, this one from −f(−x) on [−u, −l]. Where f bends the
 * other way round, above and below change places.
 */
export function sLines(t: TensorOps, shape: SShape, interval: Interval): Lines {
  const turn = stackOf(t, 1, -1, interval.lower);
  const both = {
    lower: stack(t, interval.lower, t.neg(interval.upper)),
    upper: stack(t, interval.upper, t.neg(interval.lower)),
  };
  const curve: Curve = { value: (x) => shape.value(x, turn), slope: (x) => shape.slope(x) };
  const [right, turned] = unstack(t, lineByRightPart(t, shape, curve, both));
  const left = { slope: turned.slope, intercept: t.neg(turned.intercept) };
  return shape.right === "concave" ? { lower: left, upper: right } : { lower: right, upper: left };
}

/** On the side to which the right part bulges. */
function lineByRightPart(t: TensorOps, shape: SShape, curve: Curve, interval: Interval): TensorLine {
  const { lower, upper } = interval;
  const isConcave = shape.right === "concave";
  const chord = chordSlope(t, curve, interval, shape.limits.least, shape.limits.most);
  const slope = curve.slope(upper);
  const touching = {
    from: t.where(t.less(lower, 0), shape.touch(stepped(t, t.neg(lower))), lower),
    to: upper,
    none: isConcave ? t.greater(slope, chord) : t.less(slope, chord),
  };
  return tangentOrChord(t, isConcave ? "above" : "below", curve, interval, touching, chord);
}

/**
 * The next multiple of STEP beyond a distance: not zero, where the touching point has no derivative, and not so far
 * that float32 has no number for what is computed from it. `lineAt` makes the line sound wherever it touches.
 */
function stepped(t: TensorOps, distance: Tensor): Tensor {
  const near = t.min(t.relu(distance), FARTHEST);
  return t.mul(t.add(t.floor(t.mul(near, 1 / STEP)), 1), STEP);
}

/**
 * The touching point of a line through (−a, −f(a)) for odd f. Of all chords from there to a point right of zero the
 * one that touches is the steepest (the flattest, if f is convex there). So where f has the slope of any chord, it is
 * at the touching point or beyond it: every step ends on the safe side. And since the slope is stationary there, the
 * error of a step is the square of the one before; `guess` makes two of them enough (1e-6 in the height of the line).
 */
export function touchingPoint(
  t: TensorOps,
  odd: (x: Tensor) => Tensor,
  pointOf: (slope: Tensor) => Tensor,
  guess: Tensor,
  a: Tensor,
): Tensor {
  const height = odd(a);
  const step = (m: Tensor): Tensor => pointOf(t.div(t.add(odd(m), height), t.add(m, a)));
  return step(step(guess));
}

/**
 * Keeps from zero what rounding might make negative under a root: it is at least 2e-5, distances being at least STEP.
 */
export function positive(t: TensorOps, x: Tensor): Tensor {
  return t.max(x, 1e-5);
}
