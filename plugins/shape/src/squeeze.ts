import { axesOf, defineOperator, ints, shapeError, showShape, type Operator } from "@lirpa/core/plugin";

/** Drops axes of size 1: those named (an attribute up to opset 12, an input since 13), or all of them. */
export const squeeze: Operator = defineOperator({
  type: "Squeeze",
  sinceVersion: 1,
  kind: "linear",
  inputs: ["data", "axes?"],
  nonnegative: true,
  attributes: { axes: ints().optional().orInput() },
  forward: ({ t, attributes, node }, x) => {
    const { shape } = x;
    if (attributes.axes === undefined)
      return t.reshape(
        x,
        shape.filter((size) => size !== 1),
      );
    const axes = axesOf(node, attributes.axes, shape.length);
    if (axes.some((axis) => shape[axis] !== 1)) {
      throw shapeError(`${node}: axes ${showShape(attributes.axes)} of ${showShape(shape)} are not all of size 1`, {
        hint: "Only axes of size 1 can be dropped.",
      });
    }
    return t.reshape(
      x,
      shape.filter((_, axis) => !axes.includes(axis)),
    );
  },
});
