import { defineOperator, type Operator } from "@lirpa/core/plugin";

/** −X. */
export const neg: Operator = defineOperator({
  type: "Neg",
  sinceVersion: 6,
  kind: "linear",
  inputs: ["X"],
  forward: ({ t }, x) => t.neg(x),
  magnitude: (_context, x) => x,
});
