import { defineOperator, spatialShape, type Operator } from "@lirpa/core/plugin";

/** The mean over all spatial axes, which keep size one. */
export const globalAveragePool: Operator = defineOperator({
  type: "GlobalAveragePool",
  sinceVersion: 1,
  kind: "linear",
  inputs: ["X"],
  derive: (_, { node, shapes: [x] }) => ({
    axes: spatialShape(node, x)
      .slice(2)
      .map((_size, axis) => axis + 2),
  }),
  forward: ({ t, attributes: { axes } }, x) => t.mean(x, axes, true),
  nonnegative: true,
});
