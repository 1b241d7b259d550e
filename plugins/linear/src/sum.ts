import { defineOperator, type Operator } from "@lirpa/core/plugin";

/** The sum of one or more inputs, with broadcasting. */
export const sum: Operator = defineOperator({
  type: "Sum",
  sinceVersion: 6,
  kind: "linear",
  inputs: ["data_0..."],
  data: ["data_0"],
  forward: ({ t }, ...inputs) => inputs.reduce((total, x) => t.add(total, x)),
  nonnegative: true,
});
