import { defineOperator, float, unsupportedAttribute, type Operator } from "@lirpa/core/plugin";
import { exponentialLinear, exponentialLinearLines, type ExponentialLinear } from "./exponential-linear.js";

/** gamma · x for x ≥ 0, gamma · alpha · (exp(x) − 1) left of zero. */
export const selu: Operator = defineOperator({
  type: "Selu",
  sinceVersion: 6,
  kind: "elementwise",
  inputs: ["X"],
  // The fallbacks are float32 numbers in ONNX's specification.
  attributes: { alpha: float(1.6732631921768188).finite(), gamma: float(1.0507010221481323).finite() },
  derive: ({ alpha, gamma }, { node }): ExponentialLinear => {
    if (!(alpha >= 0 && gamma > 0)) {
      throw unsupportedAttribute(`${node}: alpha is ${alpha} and gamma is ${gamma}`, {
        hint: "Selu is supported for alpha ≥ 0 and gamma > 0, where it does not fall.",
      });
    }
    return { right: gamma, scale: gamma * alpha, width: 1 };
  },
  forward: ({ t, attributes }, x) => exponentialLinear(t, x, attributes),
  monotone: "increasing",
  relax: ({ t, attributes }, interval) => exponentialLinearLines(t, interval, attributes),
  stable: ({ t }, { lower }) => t.greaterEqual(lower, 0),
});
