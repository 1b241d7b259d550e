import { defineOperator, type Operator } from "@lirpa/core/plugin";
import { spatialShape } from "./reading.js";

/** The mean over all spatial axes, which keep size one. */
export const globalAveragePool: Operator = defineOperator({
  type: "GlobalAveragePool",
  sinceVersion: 1,
  kind: "linear",
  inputs: ["X"],
  attributes: (_raw, { node, shapes }) => void spatialShape(node, shapes[0]),
  forward: ({ t }, x) => t.mean(x, x.shape.slice(2).map((_, axis) => axis + 2), true),
  nonnegative: true,
});
