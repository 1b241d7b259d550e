import { defineOperator, int, type Operator } from "@lirpa/core/plugin";

/** The sizes of the axes (since opset 15 of some) as integers. Shapes are static, so this is a constant. */
export const shape: Operator = defineOperator({
  type: "Shape",
  sinceVersion: 1,
  kind: "linear",
  inputs: ["data"],
  data: [],
  nonnegative: true,
  attributes: { start: int(0), end: int().optional() },
  // Array.slice counts negative ends from the back and clamps, exactly as ONNX asks.
  forward: ({ t, attributes: { start, end } }, x) => {
    const sizes = x.shape.slice(start, end);
    return t.constant(sizes, [sizes.length], "int");
  },
});
