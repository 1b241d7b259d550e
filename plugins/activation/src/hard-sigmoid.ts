import {
  defineOperator,
  float,
  type Interval,
  type Line,
  type Lines,
  type Operator,
  type RuleContext,
  type Tensor,
} from "@lirpa/core/plugin";
import { choices, isStraight, saturate, saturationLines, type Choice, type Limits } from "./saturation.js";

interface HardSigmoidAttributes {
  readonly alpha: number;
  readonly beta: number;
}

const UNIT: Limits = Object.freeze({ min: 0, max: 1 });

/** alpha · x + beta, cut off at 0 and 1: falls where alpha is negative, is constant where it is zero. */
export const hardSigmoid: Operator = defineOperator({
  type: "HardSigmoid",
  sinceVersion: 6,
  kind: "elementwise",
  inputs: ["X"],
  attributes: { alpha: float(0.2).finite(), beta: float(0.5).finite() },
  forward: (context, x) => saturate(context.t, argument(context, x), UNIT),
  range: (context, interval) => {
    const { lower, upper } = argumentRange(context, interval);
    return { lower: saturate(context.t, lower, UNIT), upper: saturate(context.t, upper, UNIT) };
  },
  stable: (context, interval) => isStraight(context.t, argumentRange(context, interval), UNIT),
  relax: {
    lines: {
      adaptive: lines(choices.standard),
      "least-area": lines(choices.leastArea),
      "same-slope": lines(choices.sameSlope),
    },
    default: "adaptive",
  },
});

/** The cut-off is relaxed over the range of its argument y; a line in y = alpha · x + beta is a line in x. */
function lines(choice: Choice): (context: RuleContext<HardSigmoidAttributes>, interval: Interval) => Lines {
  return (context, interval) => {
    const { t, attributes } = context;
    const { lower, upper } = saturationLines(t, argumentRange(context, interval), UNIT, choice);
    const inX = ({ slope, intercept }: Line): Line => ({
      slope: t.mul(slope, attributes.alpha),
      intercept: t.add(intercept, t.mul(slope, attributes.beta)),
    });
    return { lower: inX(lower), upper: inX(upper) };
  };
}

function argument({ t, attributes }: RuleContext<HardSigmoidAttributes>, x: Tensor): Tensor {
  return t.add(t.mul(x, attributes.alpha), attributes.beta);
}

function argumentRange(context: RuleContext<HardSigmoidAttributes>, { lower, upper }: Interval): Interval {
  const [low, high] = context.attributes.alpha < 0 ? [upper, lower] : [lower, upper];
  return { lower: argument(context, low), upper: argument(context, high) };
}
