import { defineOperator, float, type Operator, type RuleContext, type Tensor } from "@lirpa/core/plugin";
import { choices, hingeRange, hingeRule, hingeStable, type Hinge } from "./hinge.js";

interface LeakyReluAttributes {
  readonly alpha: number;
}

/**
 * x above zero, alpha · x below it. Convex for alpha ≤ 1, concave beyond, decreasing below zero for a negative alpha.
 */
export const leakyRelu: Operator = defineOperator({
  type: "LeakyRelu",
  sinceVersion: 6,
  kind: "elementwise",
  inputs: ["X"],
  attributes: { alpha: float(0.01).finite() },
  forward,
  range: (context, interval) => hingeRange(context.t, interval, (x) => forward(context, x)),
  stable: hingeStable,
  relax: {
    lines: { adaptive: hingeRule(slopes, choices.leastArea), "same-slope": hingeRule(slopes, choices.sameSlope) },
    default: "adaptive",
  },
});

function forward({ t, attributes }: RuleContext<LeakyReluAttributes>, x: Tensor): Tensor {
  return t.add(t.relu(x), t.mul(t.min(x, 0), attributes.alpha));
}

function slopes({ attributes }: RuleContext<LeakyReluAttributes>): Hinge {
  return { left: attributes.alpha, right: 1 };
}
