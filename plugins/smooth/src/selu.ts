import { defineOperator, unsupportedAttribute, type Operator } from "@lirpa/core/plugin";
import { exponentialLinear, exponentialLinearLines } from "./exponential-linear.js";

/** gamma · x for x ≥ 0, gamma · alpha · (exp(x) − 1) left of zero. */
export const selu: Operator = defineOperator({
  type: "Selu",
  sinceVersion: 6,
  kind: "elementwise",
  inputs: ["X"],
  attributes: (raw, { node }) => {
    // The defaults are float32 numbers in ONNX's specification.
    const alpha = Number(raw["alpha"] ?? 1.6732631921768188);
    const gamma = Number(raw["gamma"] ?? 1.0507010221481323);
    if (!(alpha >= 0 && gamma > 0)) {
      throw unsupportedAttribute(`${node}: alpha is ${alpha} and gamma is ${gamma}`, { hint: "Selu is supported for alpha ≥ 0 and gamma > 0, where it does not fall." });
    }
    return { right: gamma, scale: gamma * alpha, width: 1 };
  },
  forward: ({ t, attributes }, x) => exponentialLinear(t, x, attributes),
  monotone: "increasing",
  relax: ({ t, attributes }, interval) => exponentialLinearLines(t, interval, attributes),
  stable: ({ t }, { lower }) => t.greaterEqual(lower, 0),
});
