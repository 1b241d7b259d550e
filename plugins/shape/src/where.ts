import { defineOperator, type Operator } from "@lirpa/core/plugin";

/**
 * X where the condition holds, otherwise Y; all three broadcast. The condition is fixed: only X and Y may be perturbed.
 */
export const where: Operator = defineOperator({
  type: "Where",
  sinceVersion: 9,
  kind: "linear",
  inputs: ["condition", "X", "Y"],
  data: ["X", "Y"],
  nonnegative: true,
  forward: ({ t }, condition, x, y) => t.where(condition, x, y),
});
