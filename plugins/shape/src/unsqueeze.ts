import { axesOf, defineOperator, ints, type Operator } from "@lirpa/core/plugin";

/** Inserts axes of size 1, numbered as in the result (an attribute up to opset 12, an input since 13). */
export const unsqueeze: Operator = defineOperator({
  type: "Unsqueeze",
  sinceVersion: 1,
  kind: "linear",
  inputs: ["data", "axes?"],
  nonnegative: true,
  attributes: { axes: ints().orInput() },
  forward: ({ t, attributes, node }, x) => {
    const rank = x.shape.length + attributes.axes.length;
    const axes = axesOf(node, attributes.axes, rank);
    const sizes = x.shape[Symbol.iterator]();
    return t.reshape(
      x,
      Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : Number(sizes.next().value))),
    );
  },
});
