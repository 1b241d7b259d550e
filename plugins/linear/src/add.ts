import { defineOperator, type Operator } from "@lirpa/core/plugin";

/** A + B with broadcasting. */
export const add: Operator = defineOperator({
  type: "Add",
  sinceVersion: 7,
  kind: "linear",
  inputs: ["A", "B"],
  data: ["A", "B"],
  forward: ({ t }, a, b) => t.add(a, b),
  nonnegative: true,
});
