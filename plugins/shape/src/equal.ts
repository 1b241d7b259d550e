import { defineOperator, onlyConstants, type Operator } from "@lirpa/core/plugin";

/** A = B on constants: part of the shape arithmetic that exporters write. */
export const equal: Operator = defineOperator({
  type: "Equal",
  sinceVersion: 7,
  kind: "linear",
  inputs: ["A", "B"],
  data: [],
  nonnegative: true,
  // Nothing linear or piecewise linear describes a comparison, so a value that a perturbation could reach is refused
  // here.
  derive: (_, context) => {
    onlyConstants(context, "Equal");
    return {};
  },
  forward: ({ t }, a, b) => t.equal(a, b),
});
