import { defineOperator, type Operator } from "@lirpa/core/plugin";

/** A · B, element by element, with broadcasting: every element of the output is one product. */
export const mul: Operator = defineOperator({
  type: "Mul",
  sinceVersion: 7,
  kind: "bilinear",
  inputs: ["A", "B"],
  factors: ["A", "B"],
  forward: ({ t }, a, b) => t.mul(a!, b!),
  terms: (_context, a, b) => ({ left: a!, right: b!, sum: (products) => products }),
});
