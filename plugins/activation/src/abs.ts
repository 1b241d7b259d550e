import { defineOperator, type Operator } from "@lirpa/core/plugin";
import { choices, hingeRange, hingeRule, hingeStable, type Hinge } from "./hinge.js";

const slopes = (): Hinge => ({ left: -1, right: 1 });

/**
 * |x|: above it the chord, below it any line through the origin with a slope in [−1, 1]. The default is 0 where the
 * interval contains zero: a slope of ±1 gains area only by the difference of two squares, but lowers the least value
 * from 0 to the negative of the shorter side. On the goldens it is the choice that is never looser than the peer's.
 * Forward mode takes the least area: there a slope of 0 forgets the input for good.
 */
export const abs: Operator = defineOperator({
  type: "Abs",
  sinceVersion: 6,
  kind: "elementwise",
  inputs: ["X"],
  forward: ({ t }, x) => t.abs(x),
  takesUnbounded: true,
  range: ({ t }, interval) => hingeRange(t, interval, (x) => t.abs(x)),
  stable: hingeStable,
  relax: {
    lines: {
      adaptive: hingeRule(slopes, choices.middle),
      "least-area": hingeRule(slopes, choices.leastArea),
      "same-slope": hingeRule(slopes, choices.sameSlope),
    },
    default: "adaptive",
    forward: "least-area",
  },
});
