import { defineOperator, sizeOf, type Operator } from "@lirpa/core/plugin";

/** The number of elements. Shapes are static, so this is a constant. */
export const size: Operator = defineOperator({
  type: "Size",
  sinceVersion: 1,
  kind: "linear",
  inputs: ["data"],
  data: [],
  nonnegative: true,
  forward: ({ t }, x) => t.constant(sizeOf(x.shape), [], "int"),
});
