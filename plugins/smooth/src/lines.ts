import type { Interval, Line, Lines, Tensor, TensorLike, TensorOps } from "@lirpa/core/plugin";

/** A function of one variable and its derivative, element by element. */
export interface Curve {
  value(x: Tensor): Tensor;
  slope(x: Tensor): Tensor;
}

/** The end of an interval without one, such as that of 1/x around zero; on its own side: −∞ below, +∞ above. */
export const UNBOUNDED: number = Infinity;

/** The steepest slope that rules compute with: what it is multiplied by fits into float32, too. */
export const STEEPEST = 1e30;

/** A lower end of values that outgrow float32: twice it is still a float32. */
export const LARGEST = 1.6e38;

/** A line whose parts are tensors of one shape. */
export interface TensorLine extends Line {
  readonly slope: Tensor;
  readonly intercept: Tensor;
}

/** Which side of the function a line lies on. */
export type Side = "above" | "below";

/**
 * The line of some slope that touches the function's graph from one side. `points` has every x of the interval at which
 * f(x) − slope · x may be extreme: the ends, and where the slope is that of the function. Tried at each of them, the
 * line is sound whatever rounding did to its slope.
 */
export function lineAt(
  t: TensorOps,
  side: Side,
  curve: Pick<Curve, "value">,
  slope: Tensor,
  points: readonly Tensor[],
): TensorLine {
  const offsets = points.map((x) => t.sub(curve.value(x), t.mul(slope, x)));
  return { slope, intercept: offsets.reduce((a, b) => (side === "above" ? t.max(a, b) : t.min(a, b))) };
}

/** The line through a point of the graph with the graph's slope there. */
export function tangent(t: TensorOps, curve: Curve, at: Tensor): Line {
  const slope = curve.slope(at);
  return { slope, intercept: t.sub(curve.value(at), t.mul(slope, at)) };
}

/** The slope from end to end, kept between limits that the derivative has on the interval; rounding may leave them. */
export function chordSlope(
  t: TensorOps,
  curve: Pick<Curve, "value">,
  { lower, upper }: Interval,
  least: TensorLike,
  most: TensorLike,
): Tensor {
  const width = t.sub(upper, lower);
  // Without length the quotient is 0: a tiny divisor would make gradients explode, as would steep limits.
  const quotient = t.div(t.sub(curve.value(upper), curve.value(lower)), t.where(t.greater(width, 0), width, 1));
  const limit = (slope: TensorLike): TensorLike => (typeof slope === "number" ? slope : t.stopGradient(slope));
  return clamp(t, quotient, limit(least), limit(most));
}

export function chord(
  t: TensorOps,
  side: Side,
  curve: Pick<Curve, "value">,
  interval: Interval,
  least: TensorLike,
  most: TensorLike,
): Line {
  return lineAt(t, side, curve, chordSlope(t, curve, interval, least, most), [interval.lower, interval.upper]);
}

/** Written so that rounding never puts it outside. */
export function middle(t: TensorOps, { lower, upper }: Interval): Tensor {
  return t.add(lower, t.mul(t.sub(upper, lower), 0.5));
}

export function clamp(t: TensorOps, x: TensorLike, lower: TensorLike, upper: TensorLike): Tensor {
  return t.min(t.max(x, lower), upper);
}

/**
 * A convex function on [l, u]: below it every tangent, above it the chord. The tangent in the middle leaves the least
 * area; `at` is where another one is wanted.
 */
export function convexLines(t: TensorOps, curve: Curve, interval: Interval, at: Tensor = middle(t, interval)): Lines {
  return {
    lower: tangent(t, curve, t.free(at, interval.lower, interval.upper)),
    upper: chord(t, "above", curve, interval, curve.slope(interval.lower), curve.slope(interval.upper)),
  };
}

/** Where a tangent clears the whole interval: between two points of it, and nowhere where `none` holds. */
export interface Touching {
  readonly from: Tensor;
  readonly to: Tensor;
  readonly none: Tensor;
}

/**
 * On one side of a function that is neither convex nor concave: a tangent at any point between `from` and `to`, and the
 * line with the slope of the chord where there is none. The tangent nearest to the middle leaves the least area.
 */
export function tangentOrChord(
  t: TensorOps,
  side: Side,
  curve: Curve,
  interval: Interval,
  { from, to, none }: Touching,
  chord: Tensor,
): TensorLine {
  const { lower, upper } = interval;
  const first = clamp(t, from, lower, upper);
  const last = clamp(t, to, first, upper);
  const at = t.free(clamp(t, middle(t, interval), first, last), first, last);
  return lineAt(t, side, curve, t.where(none, chord, curve.slope(at)), [lower, upper, at]);
}

export function select(t: TensorOps, condition: Tensor, yes: Line, no: Line): Line {
  return { slope: t.where(condition, yes.slope, no.slope), intercept: t.where(condition, yes.intercept, no.intercept) };
}

export function flat(intercept: TensorLike): Line {
  return { slope: 0, intercept };
}

/** The same lines about −x: those of f(−x). */
export function mirrored(t: TensorOps, { lower, upper }: Lines): Lines {
  const turn = ({ slope, intercept }: Line): Line => ({ slope: t.neg(slope), intercept });
  return { lower: turn(lower), upper: turn(upper) };
}

/** Two tensors of one shape along a new first axis: one recording then serves both. */
export function stack(t: TensorOps, first: Tensor, second: Tensor): Tensor {
  return t.concat(
    [first, second].map((x) => t.reshape(x, [1, ...x.shape])),
    0,
  );
}

/** Two numbers along the first axis of a stack, the same for all elements. */
export function stackOf(t: TensorOps, first: number, second: number, like: Tensor): Tensor {
  const shape = [1, ...like.shape.map(() => 1)];
  return t.concat([t.full(shape, first), t.full(shape, second)], 0);
}

/** The two lines of a stack. */
export function unstack(t: TensorOps, { slope, intercept }: TensorLine): [TensorLine, TensorLine] {
  const part = (x: Tensor, i: number): Tensor =>
    t.reshape(t.slice(x, [i, ...x.shape.slice(1).map(() => 0)], [i + 1, ...x.shape.slice(1)]), x.shape.slice(1));
  const line = (i: number): TensorLine => ({ slope: part(slope, i), intercept: part(intercept, i) });
  return [line(0), line(1)];
}

/** The same line about −f(x). */
export function negated(t: TensorOps, { slope, intercept }: Line): Line {
  return { slope: t.neg(slope), intercept: t.neg(intercept) };
}
