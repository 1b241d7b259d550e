import { defineOperator, type Operator } from "@lirpa/core/plugin";

/** A − B with broadcasting. */
export const sub: Operator = defineOperator({
  type: "Sub",
  sinceVersion: 7,
  kind: "linear",
  inputs: ["A", "B"],
  data: ["A", "B"],
  forward: ({ t }, a, b) => t.sub(a, b),
  magnitude: ({ t }, a, b) => t.add(a, b),
});
