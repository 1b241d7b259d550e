import { axisOf, defineOperator, int, type Operator } from "@lirpa/core/plugin";

/**
 * exp(LogSoftmax(x)): its interval is exact, no exponential overflows, and the lines around exp meet planes around the
 * log-sum-exp, as in Wei et al., "Convex Bounds on the Softmax Function with Applications to Robustness Verification"
 * (2023).
 */
export const softmax: Operator = defineOperator({
  type: "Softmax",
  sinceVersion: 1,
  kind: "composite",
  inputs: ["input"],
  attributes: { axis: int().optional() },
  derive: ({ axis }, { node, opset, shapes: [x] }) => ({
    axis: axisOf(node, axis ?? (opset >= 13 ? -1 : 1), x.length),
  }),
  expand: ({ axis }) => ({
    nodes: [
      { name: "logarithm", type: "LogSoftmax", inputs: ["inputs.0"], outputs: ["logarithm"], attributes: { axis } },
      { name: "exponential", type: "Exp", inputs: ["logarithm"], outputs: ["outputs.0"] },
    ],
  }),
});
