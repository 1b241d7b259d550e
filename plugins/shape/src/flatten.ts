import { attributeError, defineOperator, int, sizeOf, type Operator } from "@lirpa/core/plugin";

/** A matrix: the axes before `axis` make the rows, the others the columns. */
export const flatten: Operator = defineOperator({
  type: "Flatten",
  sinceVersion: 1,
  kind: "linear",
  inputs: ["input"],
  nonnegative: true,
  attributes: { axis: int(1) },
  forward: ({ t, attributes: { axis }, node }, x) => {
    const { shape } = x;
    const rank = shape.length;
    // Unlike other axes this one may be the rank itself: then there is one column.
    if (!Number.isInteger(axis) || axis < -rank || axis > rank) {
      throw attributeError(`${node}: axis ${axis} is outside the ${rank} axes of the input`, {
        hint: `Axes run from ${-rank} to ${rank}.`,
      });
    }
    const at = axis < 0 ? axis + rank : axis;
    return t.reshape(x, [sizeOf(shape.slice(0, at)), sizeOf(shape.slice(at))]);
  },
});
