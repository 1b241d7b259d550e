import { defineOperator, float, unsupportedAttribute, type Operator } from "@lirpa/core/plugin";
import { exponentialLinear, exponentialLinearLines, type ExponentialLinear } from "./exponential-linear.js";

/** x for x ≥ 0, alpha · (exp(x / alpha) − 1) left of zero: convex and smooth. */
export const celu: Operator = defineOperator({
  type: "Celu",
  sinceVersion: 12,
  kind: "elementwise",
  inputs: ["X"],
  attributes: { alpha: float(1).finite() },
  derive: ({ alpha }, { node }): ExponentialLinear => {
    if (!(alpha > 0))
      throw unsupportedAttribute(`${node}: alpha is ${alpha}`, {
        hint: "Celu is supported for alpha > 0, where it is convex.",
      });
    return { right: 1, scale: alpha, width: alpha };
  },
  forward: ({ t, attributes }, x) => exponentialLinear(t, x, attributes),
  monotone: "increasing",
  relax: ({ t, attributes }, interval) => exponentialLinearLines(t, interval, attributes),
  stable: ({ t }, { lower }) => t.greaterEqual(lower, 0),
});
