import { defineOperator, unsupportedAttribute, type Operator } from "@lirpa/core/plugin";

/** A = B on constants: part of the shape arithmetic that exporters write. */
export const equal: Operator = defineOperator({
  type: "Equal",
  sinceVersion: 7,
  kind: "linear",
  inputs: ["A", "B"],
  data: [],
  nonnegative: true,
  // Nothing linear or piecewise linear describes a comparison, so a value that a perturbation could reach is refused here.
  attributes: (_, { node, constants }) => {
    if (constants[0] === undefined || constants[1] === undefined) {
      throw unsupportedAttribute(`${node}: an operand is computed from the model's inputs`, { hint: "Equal is supported on constants only." });
    }
    return Object.freeze({});
  },
  forward: ({ t }, a, b) => t.equal(a, b),
});
