import { defineOperator, float, type Interval, type Lines, type Operator, type RuleContext } from "@lirpa/core/plugin";
import { choices, isStraight, saturate, saturationLines, type Choice, type Limits } from "./saturation.js";

/** Files write the largest float32 where they mean no limit. */
const UNLIMITED = 3.4e38;

/** min(max(x, min), max). The limits are attributes up to opset 10, inputs since opset 11, and either may be absent. */
export const clip: Operator = defineOperator({
  type: "Clip",
  sinceVersion: 6,
  kind: "elementwise",
  inputs: ["input", "min?", "max?"],
  attributes: { min: float().optional().orInput(), max: float().optional().orInput() },
  derive: ({ min, max }): Limits => {
    const upper = max === undefined || max >= UNLIMITED ? undefined : max;
    const lower = min === undefined || min <= -UNLIMITED ? undefined : min;
    // A minimum above the maximum gives the maximum everywhere.
    return { min: lower === undefined || upper === undefined ? lower : Math.min(lower, upper), max: upper };
  },
  forward: ({ t, attributes }, x) => saturate(t, x, attributes),
  monotone: "increasing",
  stable: ({ t, attributes }, interval) => isStraight(t, interval, attributes),
  relax: {
    lines: {
      adaptive: lines(choices.standard),
      "least-area": lines(choices.leastArea),
      "same-slope": lines(choices.sameSlope),
    },
    default: "adaptive",
  },
});

function lines(choice: Choice): (context: RuleContext<Limits>, interval: Interval) => Lines {
  return ({ t, attributes }, interval) => saturationLines(t, interval, attributes, choice);
}
