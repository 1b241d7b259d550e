import {
  broadcastsTo,
  defineOperator,
  shapeError,
  showShape,
  type Operator,
  type RuleContext,
  type Tensor,
} from "@lirpa/core/plugin";
import { choices, hingeRange, hingeRule, hingeStable, type Hinge } from "./hinge.js";

/** x above zero, slope · x below it; the slope is a parameter that broadcasts to x (and never x to the slope). */
export const prelu: Operator = defineOperator({
  type: "PRelu",
  sinceVersion: 7,
  kind: "elementwise",
  inputs: ["X", "slope"],
  derive: (_, { node, shapes: [x, slope] }) => {
    if (broadcastsTo(slope, x)) return {};
    throw shapeError(`${node}: a slope of shape ${showShape(slope)} does not broadcast to ${showShape(x)}`, {
      hint: "Slopes per channel need the shape [channels, 1, 1], not [channels].",
    });
  },
  forward: (context, x, slope) => value(context, x, slope),
  range: (context, interval, slope) => hingeRange(context.t, interval, (x) => value(context, x, slope)),
  stable: hingeStable,
  relax: {
    lines: { adaptive: hingeRule(slopes, choices.leastArea), "same-slope": hingeRule(slopes, choices.sameSlope) },
    default: "adaptive",
  },
});

function value({ t }: RuleContext<object>, x: Tensor, slope: Tensor): Tensor {
  return t.add(t.relu(x), t.mul(t.min(x, 0), slope));
}

function slopes(_: RuleContext<object>, slope: Tensor): Hinge {
  return { left: slope, right: 1 };
}
