import { axisOf, defineOperator, int, shapeError, showShape, type Operator } from "@lirpa/core/plugin";

/** Joins any number of tensors along one axis. */
export const concat: Operator = defineOperator({
  type: "Concat",
  sinceVersion: 4,
  kind: "linear",
  inputs: ["first", "others..."],
  data: ["first", "others"],
  nonnegative: true,
  attributes: { axis: int() },
  forward: ({ t, attributes, node }, first, ...others) => {
    const axis = axisOf(node, attributes.axis, first.shape.length);
    for (const { shape } of others) {
      if (shape.length !== first.shape.length || shape.some((size, at) => at !== axis && size !== first.shape[at])) {
        throw shapeError(`${node}: ${showShape(first.shape)} and ${showShape(shape)} do not join along axis ${axis}`, {
          hint: "All sizes but that of the joined axis must agree.",
        });
      }
    }
    return others.length === 0 ? first : t.concat([first, ...others], axis);
  },
});
