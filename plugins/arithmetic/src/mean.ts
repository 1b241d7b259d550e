import { defineOperator, type Operator } from "@lirpa/core/plugin";

/** The mean of one or more operands, with broadcasting. */
export const mean: Operator = defineOperator({
  type: "Mean",
  sinceVersion: 8,
  kind: "linear",
  inputs: ["data_0..."],
  data: ["data_0"],
  nonnegative: true,
  forward: ({ t }, ...operands) => {
    const sum = operands.reduce((total, operand) => t.add(total, operand));
    return t.mul(sum, 1 / operands.length);
  },
});
