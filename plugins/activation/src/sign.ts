import { defineOperator, type Operator } from "@lirpa/core/plugin";

/** A line as steep as the jump would turn a rounding error of its end point into an error of the bound. */
const STEEPEST = 16;

/**
 * −1, 0 or 1. Constant lines at the values of the interval's ends always hold. On an interval with l < 0 ≤ u the line
 * 1 + κx lies above as well for 0 ≤ κ ≤ 2 / −l: right of zero it is at least 1, left of it at least 1 + κl ≥ −1. The
 * lower line is the mirror image. The slope is free and zero by default, which leaves the interval as it is.
 */
export const sign: Operator = defineOperator({
  type: "Sign",
  sinceVersion: 9,
  kind: "elementwise",
  inputs: ["input"],
  forward: ({ t }, x) => t.sign(x),
  monotone: "increasing",
  relax: ({ t }, { lower, upper }) => {
    const steep = (length: Parameters<typeof t.max>[0]) => t.min(t.div(2, t.max(length, 1e-30)), STEEPEST);
    // 1 + κx needs an end below zero, and is only of use where the other one is not.
    const crossing = t.and(t.less(lower, 0), t.greater(upper, 0));
    const none = t.where(crossing, 0, 0);
    const upperSlope = t.free(none, 0, t.where(crossing, steep(t.neg(lower)), 0));
    const lowerSlope = t.free(none, 0, t.where(crossing, steep(upper), 0));
    return { lower: { slope: lowerSlope, intercept: t.sign(lower) }, upper: { slope: upperSlope, intercept: t.sign(upper) } };
  },
  stable: ({ t }, { lower, upper }) => t.or(t.greater(lower, 0), t.less(upper, 0)),
});
