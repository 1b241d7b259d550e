import { defineOperator, spatialShape, type Operator } from "@lirpa/core/plugin";

/** The maximum over all spatial axes, which keep size one: MaxPool with a single window. */
export const globalMaxPool: Operator = defineOperator({
  type: "GlobalMaxPool",
  sinceVersion: 1,
  kind: "composite",
  inputs: ["X"],
  expand: (_attributes, { node, shapes }) => {
    const [, , ...sizes] = spatialShape(node, shapes[0]);
    const attributes = { kernel_shape: sizes };
    return { nodes: [{ name: "max", type: "MaxPool", inputs: ["inputs.0"], outputs: ["outputs.0"], attributes }] };
  },
});
