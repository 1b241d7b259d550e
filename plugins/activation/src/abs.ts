import { defineOperator, type Operator } from "@lirpa/core/plugin";
import { choices, hingeRange, hingeRule, type Hinge } from "./hinge.js";

const slopes = (): Hinge => ({ left: -1, right: 1 });

/** |x|: above it the chord, below it any line through the origin with a slope in [−1, 1]. */
export const abs: Operator = defineOperator({
  type: "Abs",
  sinceVersion: 6,
  kind: "elementwise",
  inputs: ["X"],
  forward: ({ t }, x) => t.abs(x),
  range: ({ t }, interval) => hingeRange(t, interval, t.abs),
  relax: hingeRule(slopes, choices.adaptive),
  relaxations: { adaptive: hingeRule(slopes, choices.adaptive), "same-slope": hingeRule(slopes, choices.sameSlope) },
});
