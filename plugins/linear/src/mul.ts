import { defineOperator, type Operator } from "@lirpa/core/plugin";

/** A · B, element by element, with broadcasting: every element of the output is one product. */
export const mul: Operator = defineOperator({
  type: "Mul",
  sinceVersion: 7,
  kind: "bilinear",
  inputs: ["A", "B"],
  factors: ["A", "B"],
  // A value times itself is no product of two independent factors.
  expand: (_attributes, { names, constants }) =>
    names[0] === names[1] && constants[0] === undefined
      ? { nodes: [{ name: "square", type: "Square", domain: "lirpa", inputs: ["inputs.0"], outputs: ["outputs.0"] }] }
      : undefined,
  forward: ({ t }, a, b) => t.mul(a, b),
  terms: (_context, a, b) => ({ left: a, right: b, sum: (products) => products }),
});
