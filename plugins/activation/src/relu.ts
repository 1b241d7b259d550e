import { defineOperator, type Operator } from "@lirpa/core/plugin";
import { choices, hingeRule, hingeStable, type Hinge } from "./hinge.js";

const slopes = (): Hinge => ({ left: 0, right: 1 });

/**
 * max(x, 0). Above it lies the chord from (l, 0) to (u, u); below it any line through the origin with a slope in
 * [0, 1]. Zhang et al., "Efficient Neural Network Robustness Certification with General Activation Functions" (2018).
 */
export const relu: Operator = defineOperator({
  type: "Relu",
  sinceVersion: 1,
  kind: "elementwise",
  inputs: ["X"],
  forward: ({ t }, x) => t.relu(x),
  monotone: "increasing",
  stable: hingeStable,
  relax: {
    lines: {
      adaptive: hingeRule(slopes, choices.leastArea),
      "same-slope": hingeRule(slopes, choices.sameSlope),
      zero: hingeRule(slopes, choices.left),
      one: hingeRule(slopes, choices.right),
    },
    default: "adaptive",
  },
});
