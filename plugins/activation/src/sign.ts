import { defineOperator, type Operator, type Tensor } from "@lirpa/core/plugin";

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
    // 1 + κx needs an end below zero, and is only of use where the other end is above.
    const crossing = t.and(t.less(lower, 0), t.greater(upper, 0));
    const slope = (length: Tensor): Tensor => {
      const most = t.where(crossing, t.min(t.div(2, t.max(length, 1e-30)), STEEPEST), 0);
      // A zero that belongs to each element of each instance, as the choice does.
      return t.free(t.min(most, 0), 0, most);
    };
    return {
      lower: { slope: slope(upper), intercept: t.sign(lower) },
      upper: { slope: slope(t.neg(lower)), intercept: t.sign(upper) },
    };
  },
  stable: ({ t }, { lower, upper }) => t.or(t.greater(lower, 0), t.less(upper, 0)),
});
