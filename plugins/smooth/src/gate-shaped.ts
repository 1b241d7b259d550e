import type { Interval, Lines, Tensor, TensorOps } from "@lirpa/core/plugin";
import { chordSlope, clamp, tangentOrChord, type Curve } from "./lines.js";
import { lookup, tabulate, type Table } from "./touch-table.js";

/**
 * x · g(x) for a g that rises from 0 to 1, such as Gelu and Mish: concave up to `left` < 0, convex between `left` and
 * `right` > 0, concave from there on; falling to a least value between `left` and 0, and rising from there on.
 */
export interface GateShape {
  /** On the host, for tables. */
  readonly f: (x: number) => number;
  readonly slope: (x: number) => number;
  /** In the vocabulary. */
  readonly curve: (t: TensorOps) => Curve;
}

interface Landmarks {
  readonly left: number;
  readonly leastAt: number;
  readonly right: number;
  readonly limits: { readonly least: number; readonly most: number };
  /** Touching points of lines through an end of the interval. */
  readonly tables: Readonly<Record<"belowFromLeft" | "belowFromRight" | "aboveFromLeft" | "aboveFromRight", Table>>;
}

/** Beyond it every such function is 0 or x. */
const FAR = 40;

/** Tables do not go nearer to zero than exp(−DEEPEST²): the lines are loose by as much. */
const DEEPEST = 4.5;

/** The smallest interval: the least value is inside or at an end. */
export function gateRange(t: TensorOps, shape: GateShape, { lower, upper }: Interval): Interval {
  const { value } = shape.curve(t);
  return {
    lower: value(clamp(t, landmarks(shape).leastAt, lower, upper)),
    upper: t.max(value(lower), value(upper)),
  };
}

/**
 * - Below [l, u] lies every tangent in the convex part, right of where the line through (l, f(l)) touches it and left
 *   of where that through (u, f(u)) does; where that leaves none, the chord.
 * - Above lies every tangent in the right part that is right of where the line through (l, f(l)) touches it: for l >
 *   0 there is such a point. Or every tangent in the left part that is left of where the line through (u, f(u))
 *   touches it: for u < 0 there is one. Otherwise the chord.
 *
 * The touching points have no closed form; tables hold them, moved to the side where a tangent is tried rather than
 * the chord. `lineAt` makes the tangent's line sound however far its point is off.
 */
export function gateLines(t: TensorOps, shape: GateShape, interval: Interval): Lines {
  const { left, right, limits, tables } = landmarks(shape);
  const { lower, upper } = interval;
  const curve = shape.curve(t);
  const between = chordSlope(t, curve, interval, limits.least, limits.most);
  const first = t.where(
    t.less(lower, left),
    t.max(lookup(t, tables.belowFromLeft, share(t, t.sub(left, lower))), left),
    lower,
  );
  const last = t.where(
    t.greater(upper, right),
    t.min(lookup(t, tables.belowFromRight, share(t, t.sub(upper, right))), right),
    upper,
  );
  const rightTouch = t.where(
    t.less(lower, right),
    t.max(lookup(t, tables.aboveFromLeft, depth(t, lower, right)), right),
    lower,
  );
  const leftTouch = t.where(
    t.greater(upper, left),
    t.min(lookup(t, tables.aboveFromRight, depth(t, upper, left)), left),
    upper,
  );
  const isRight = t.and(t.greater(lower, 0), t.lessEqual(rightTouch, upper));
  const isLeft = t.and(t.less(upper, 0), t.greaterEqual(leftTouch, lower));
  const above = {
    from: t.where(isRight, rightTouch, lower),
    to: t.where(isRight, upper, leftTouch),
    none: t.not(t.or(isRight, isLeft)),
  };
  return {
    lower: tangentOrChord(
      t,
      "below",
      curve,
      interval,
      { from: first, to: last, none: t.greater(first, last) },
      between,
    ),
    upper: tangentOrChord(t, "above", curve, interval, above, between),
  };
}

/** Maps a distance in [0, ∞) to (0, 1]. */
function share(t: TensorOps, distance: Tensor): Tensor {
  return t.reciprocal(t.add(t.relu(distance), 1));
}

/** √(−log(x / end)) for x between zero and an end, as a share of the deepest: 0 at the end, 1 very near to zero. */
function depth(t: TensorOps, x: Tensor, end: number): Tensor {
  const part = clamp(t, t.mul(x, 1 / end), Math.exp(-(DEEPEST ** 2)), 1 - 1e-5);
  return t.mul(t.sqrt(t.neg(t.log(part))), 1 / DEEPEST);
}

const known = new WeakMap<GateShape, Landmarks>();

/** Computed once for a shape: a pure function of it. */
function landmarks(shape: GateShape): Landmarks {
  let found = known.get(shape);
  if (found === undefined) known.set(shape, (found = computeLandmarks(shape)));
  return found;
}

function computeLandmarks({ f, slope }: GateShape): Landmarks {
  const left = least(slope, -5, -0.5);
  const right = least((x) => -slope(x), 0.5, 5);
  const leastAt = root(slope, left, 0);
  /** How far the tangent at m passes below (x, f(x)). */
  const gap = (m: number, x: number): number => f(x) - f(m) - slope(m) * (x - m);
  const end = (share: number): number => 1 / Math.max(share, 1e-9) - 1;
  const between = (depth: number, x: number): number => x * Math.exp(-((DEEPEST * depth) ** 2));
  return {
    left,
    right,
    leastAt,
    limits: { least: slope(left), most: slope(right) },
    tables: {
      belowFromLeft: tabulate((at) => root((m) => gap(m, left - end(at)), left, right), "down"),
      belowFromRight: tabulate((at) => root((m) => -gap(m, right + end(at)), left, right), "up"),
      aboveFromLeft: tabulate((at) => root((m) => -gap(m, between(at, right)), right, FAR), "down"),
      aboveFromRight: tabulate((at) => root((m) => gap(m, between(at, left)), -FAR, left), "up"),
    },
  };
}

/** Where a function that rises through zero between two points does so, by bisection. */
function root(f: (x: number) => number, from: number, to: number): number {
  let [low, high] = [from, to];
  for (let step = 0; step < 60; step++) {
    const x = (low + high) / 2;
    if (f(x) < 0) low = x;
    else high = x;
  }
  return (low + high) / 2;
}

/** Where a function with one minimum between two points has it, by the golden section. */
function least(f: (x: number) => number, from: number, to: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [from, to];
  for (let step = 0; step < 60; step++) {
    const [a, b] = [high - ratio * (high - low), low + ratio * (high - low)];
    if (f(a) < f(b)) high = b;
    else low = a;
  }
  return (low + high) / 2;
}
