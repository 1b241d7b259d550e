import type { Interval, Line, Lines, RuleContext, Tensor, TensorLike, TensorOps } from "@lirpa/core/plugin";

/** A function through the origin with one slope on its left and one on its right. */
export interface Hinge {
  readonly left: TensorLike;
  readonly right: TensorLike;
}

/**
 * Slopes between `left` and `right`, as shares in [0, 1] of `right`. The chord over [l, u] has the share u⁺ / (u⁺ −
 * l⁻); a line through the origin on the chord's other side may take any share from `least` to `most`.
 */
interface Shares {
  readonly below: Tensor;
  readonly chord: Tensor;
  readonly least: Tensor;
  readonly most: Tensor;
  /** The share that leaves the least area between the two lines: that of the longer side. */
  readonly leastArea: Tensor;
}

export type Choice = (t: TensorOps, shares: Shares) => Tensor;

export const choices: Readonly<Record<"leastArea" | "middle" | "sameSlope" | "left" | "right", Choice>> = {
  leastArea: (t, { leastArea, least, most }) => t.free(leastArea, least, most),
  middle: (t, { least, most }) => t.free(t.mul(t.add(least, most), 0.5), least, most),
  sameSlope: (t, { chord, least, most }) => t.free(chord, least, most),
  left: (t, { least, most }) => t.free(least, least, most),
  right: (t, { least, most }) => t.free(most, least, most),
};

/**
 * Lines around a hinge on [l, u]. It is convex where left ≤ right: then the chord lies above it and any line through
 * the origin with a slope between the two below it; concave hinges the other way round. On one side of zero both lines
 * are the hinge itself. For (0, 1) this is Zhang et al., "Efficient Neural Network Robustness Certification with
 * General Activation Functions" (2018), section 3.
 */
export function hingeRule<A, P extends readonly (Tensor | undefined)[]>(
  slopes: (context: RuleContext<A>, ...parameters: P) => Hinge,
  choice: Choice,
): (context: RuleContext<A>, interval: Interval, ...parameters: P) => Lines {
  return (context, interval, ...parameters) => {
    const { t } = context;
    const { left, right } = slopes(context, ...parameters);
    const shares = sharesOf(t, interval);
    // Written as a sum that is exact for the shares 0 and 1, so that stable elements keep the exact slope.
    const chord: Line = {
      slope: mix(t, shares.chord, left, right),
      intercept: t.mul(t.mul(shares.chord, shares.below), difference(t, left, right)),
    };
    const support: Line = { slope: mix(t, choice(t, shares), left, right), intercept: 0 };
    if (typeof left === "number" && typeof right === "number") {
      return left <= right ? { lower: support, upper: chord } : { lower: chord, upper: support };
    }
    const convex = t.lessEqual(left, right);
    return { lower: select(t, convex, support, chord), upper: select(t, convex, chord, support) };
  };
}

/** True on one side of zero, where a hinge is one line. */
export function hingeStable<A>({ t }: RuleContext<A>, { lower, upper }: Interval): Tensor {
  return t.or(t.greaterEqual(lower, 0), t.lessEqual(upper, 0));
}

/** A hinge is extreme at the ends of an interval or at the point nearest to zero. */
export function hingeRange(t: TensorOps, { lower, upper }: Interval, hinge: (x: Tensor) => Tensor): Interval {
  const low = hinge(lower);
  const high = hinge(upper);
  const middle = hinge(t.min(t.max(lower, 0), upper));
  return { lower: t.min(t.min(low, high), middle), upper: t.max(t.max(low, high), middle) };
}

function sharesOf(t: TensorOps, { lower, upper }: Interval): Shares {
  const above = t.relu(upper);
  const below = t.min(lower, 0);
  const most = t.where(t.greater(upper, 0), 1, 0);
  return {
    below,
    chord: t.div(above, t.max(t.sub(above, below), 1e-30)),
    least: t.where(t.greaterEqual(lower, 0), most, 0),
    most,
    leastArea: t.where(t.greater(t.add(above, below), 0), 1, 0),
  };
}

/** share · right + (1 − share) · left */
function mix(t: TensorOps, share: Tensor, left: TensorLike, right: TensorLike): Tensor {
  const ofRight = right === 1 ? share : t.mul(share, right);
  return left === 0 ? ofRight : t.add(ofRight, t.mul(t.sub(1, share), left));
}

function difference(t: TensorOps, left: TensorLike, right: TensorLike): TensorLike {
  return typeof left === "number" && typeof right === "number" ? left - right : t.sub(left, right);
}

function select(t: TensorOps, condition: Tensor, yes: Line, no: Line): Line {
  return { slope: t.where(condition, yes.slope, no.slope), intercept: t.where(condition, yes.intercept, no.intercept) };
}
