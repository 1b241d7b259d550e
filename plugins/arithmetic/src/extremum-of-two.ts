import {
  defineOperator,
  type Coefficients,
  type Interval,
  type Operator,
  type Tensor,
  type TensorOps,
} from "@lirpa/core/plugin";

/** An affine function of two operands. */
interface Plane {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly intercept: Tensor;
}

/** The plane by the bend must leave less than this share of what the other one leaves in the middle of the box. */
const WORTH = 0.8;
/** Differences below this share of the values are noise. */
const NOISE = 1e-5;
/** What a sum of two numbers that were rounded to float32 before may have lost, relative to their sizes. */
const LOST = 2 ** -22;

/** max(a, b), given the difference a − b as well. */
export const greatest: Operator = defineOperator({
  type: "Greatest",
  domain: "lirpa",
  sinceVersion: 1,
  kind: "custom",
  inputs: ["difference", "a", "b"],
  forward: ({ t }, _difference, a, b) => t.max(a, b),
  takesUnbounded: true,
  interval: ({ t }, difference, a, b) => intervalOfMax(t, difference, a, b),
  backward: ({ t }, [outputs], [difference, a, b]) => carry(t, outputs, planesOfMax(t, difference, a, b)),
});

/** min(a, b) = −max(−a, −b). */
export const least: Operator = defineOperator({
  type: "Least",
  domain: "lirpa",
  sinceVersion: 1,
  kind: "custom",
  inputs: ["difference", "a", "b"],
  forward: ({ t }, _difference, a, b) => t.min(a, b),
  takesUnbounded: true,
  interval: ({ t }, difference, a, b) =>
    mirrored(t, intervalOfMax(t, mirrored(t, difference), mirrored(t, a), mirrored(t, b))),
  backward: ({ t }, [outputs], [difference, a, b]) => {
    const { lower, upper } = planesOfMax(t, mirrored(t, difference), mirrored(t, a), mirrored(t, b));
    const turned = (plane: Plane): Plane => ({ ...plane, intercept: t.neg(plane.intercept) });
    return carry(t, outputs, { lower: turned(upper), upper: turned(lower) });
  },
});

function mirrored(t: TensorOps, { lower, upper }: Interval): Interval {
  return { lower: t.neg(upper), upper: t.neg(lower) };
}

/**
 * The ends of both operands, and those of b + (a − b)⁺ and a + (b − a)⁺, which know what the two have in common.
 * Where one operand is far away, behind a mask say, its distance cancels in them with all digits of the other one:
 * they count for less by as much as is lost there.
 */
function intervalOfMax(t: TensorOps, difference: Interval, a: Interval, b: Interval): Interval {
  const lost = (x: Tensor, y: Tensor): Tensor => t.mul(t.add(t.abs(x), t.abs(y)), LOST);
  const sum = (x: Tensor, y: Tensor, side: 1 | -1): Tensor => t.add(t.add(x, y), t.mul(lost(x, y), side));
  const [least, most] = [t.neg(difference.upper), t.neg(difference.lower)];
  const ahead = t.min(t.max(b.upper, sum(b.upper, difference.upper, 1)), t.max(a.upper, sum(a.upper, most, 1)));
  const ends = t.max(a.lower, b.lower);
  return {
    lower: t.max(ends, t.max(sum(b.lower, difference.lower, -1), sum(a.lower, least, -1))),
    upper: t.min(t.max(a.upper, b.upper), ahead),
  };
}

/**
 * Below lies every λ a + (1 − λ) b; by default the operand that is ahead in the middle. Above lie two planes, equal
 * in the middle and as good as any there for independent operands. What the operands have in common makes the one by
 * the bend lower; it is taken where that is worth it. Every mixture of the two is sound. Tried: always the lower one
 * is better on most goldens, but looser than the peer on `min-b`.
 */
function planesOfMax(
  t: TensorOps,
  difference: Interval,
  a: Interval,
  b: Interval,
): { readonly lower: Plane; readonly upper: Plane } {
  const ahead = t.where(t.greater(t.add(difference.upper, difference.lower), 0), 1, 0);
  const share = t.free(
    ahead,
    t.where(t.greaterEqual(difference.lower, 0), ahead, 0),
    t.where(t.lessEqual(difference.upper, 0), ahead, 1),
  );
  const byOne = planeByOne(t, a, b);
  const byBend = planeByBend(t, difference);
  const middle = ({ lower, upper }: Interval): Tensor => t.mul(t.add(lower, upper), 0.5);
  const value = (plane: Plane): Tensor =>
    t.add(t.add(t.mul(plane.a, middle(a)), t.mul(plane.b, middle(b))), plane.intercept);
  const [one, bend] = [value(byOne), value(byBend)];
  const best = t.max(middle(a), middle(b));
  const isOne = t.lessEqual(
    t.mul(t.sub(one, best), WORTH),
    t.add(t.sub(bend, best), t.mul(t.add(t.abs(one), t.abs(bend)), NOISE)),
  );
  const weight = t.free(t.where(isOne, 1, 0), 0, 1);
  const choose = (part: keyof Plane): Tensor =>
    t.add(t.mul(weight, byOne[part]), t.mul(t.sub(1, weight), byBend[part]));
  return {
    lower: { a: share, b: t.sub(1, share), intercept: t.zeros(share.shape) },
    upper: { a: choose("a"), b: choose("b"), intercept: choose("intercept") },
  };
}

/**
 * Let the operand x with the greater upper end lie in [l, u], and let m ≥ l be no less than the other's upper end.
 * Then the maximum is at most max(x, m), hence at most the chord u − s (u − x) with s = (u − m) / (u − l); smaller
 * slopes lie higher.
 */
function planeByOne(t: TensorOps, a: Interval, b: Interval): Plane {
  const isA = t.greaterEqual(a.upper, b.upper);
  const u = t.max(a.upper, b.upper);
  const l = t.where(isA, a.lower, b.lower);
  // Rounding may leave u below l: no slope is below zero.
  const steepest = t.div(t.relu(t.sub(u, t.max(t.min(a.upper, b.upper), l))), t.max(t.sub(u, l), 1e-30));
  const slope = t.free(steepest, 0, steepest);
  return { a: t.where(isA, slope, 0), b: t.where(isA, 0, slope), intercept: t.sub(u, t.mul(slope, u)) };
}

/** b + (a − b)⁺, where the bend lies below its chord (Zhang et al. 2018). Exact where one operand is always ahead. */
function planeByBend(t: TensorOps, { lower, upper }: Interval): Plane {
  const [below, above] = [t.min(lower, 0), t.relu(upper)];
  const chord = t.div(above, t.max(t.sub(above, below), 1e-30));
  return { a: chord, b: t.sub(1, chord), intercept: t.neg(t.mul(chord, below)) };
}

/** Coefficients with the sign of the side take the plane on that side, the others the opposite one. */
function carry(
  t: TensorOps,
  outputs: Coefficients,
  { lower, upper }: { readonly lower: Plane; readonly upper: Plane },
) {
  const side = (below: Tensor, above: Tensor) => {
    const on = (part: "a" | "b"): Tensor => t.add(t.mul(below, lower[part]), t.mul(above, upper[part]));
    return { a: on("a"), b: on("b"), bias: t.add(t.dot(below, lower.intercept), t.dot(above, upper.intercept)) };
  };
  const low = side(t.relu(outputs.lower), t.min(outputs.lower, 0));
  const high = side(t.min(outputs.upper, 0), t.relu(outputs.upper));
  return {
    inputs: [undefined, { lower: low.a, upper: high.a }, { lower: low.b, upper: high.b }],
    bias: { lower: low.bias, upper: high.bias },
  };
}
