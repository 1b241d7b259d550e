import { defineOperator, float, unsupportedAttribute, type Operator } from "@lirpa/core/plugin";
import { exponentialLinear, exponentialLinearLines, type ExponentialLinear } from "./exponential-linear.js";

/** x for x ≥ 0, alpha · (exp(x) − 1) left of zero. Convex for alpha ≤ 1. */
export const elu: Operator = defineOperator({
  type: "Elu",
  sinceVersion: 6,
  kind: "elementwise",
  inputs: ["X"],
  attributes: { alpha: float(1).finite() },
  derive: ({ alpha }, { node }): ExponentialLinear => {
    if (!(alpha >= 0))
      throw unsupportedAttribute(`${node}: alpha is ${alpha}`, {
        hint: "Elu is supported for alpha ≥ 0, where it does not fall.",
      });
    return { right: 1, scale: alpha, width: 1 };
  },
  forward: ({ t, attributes }, x) => exponentialLinear(t, x, attributes),
  monotone: "increasing",
  relax: ({ t, attributes }, interval) => exponentialLinearLines(t, interval, attributes),
  stable: ({ t }, { lower }) => t.greaterEqual(lower, 0),
});
