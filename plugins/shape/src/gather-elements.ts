import { axisOf, defineOperator, int, nth, shapeError, showShape, type Operator } from "@lirpa/core/plugin";
import { gatherAttributes, indicesFromZero } from "./indices.js";

/** One element along an axis for each index; the indices have the result's shape. */
export const gatherElements: Operator = defineOperator({
  type: "GatherElements",
  sinceVersion: 11,
  kind: "linear",
  inputs: ["data", "indices"],
  nonnegative: true,
  attributes: { axis: int(0) },
  derive: gatherAttributes,
  forward: (context, x, indices) => {
    const { shape } = x;
    const axis = axisOf(context.node, context.attributes.axis, shape.length);
    const wanted = indices.shape;
    if (wanted.length !== shape.length || wanted.some((size, at) => at !== axis && size > nth(shape, at))) {
      throw shapeError(
        `${context.node}: indices of shape ${showShape(wanted)} do not fit data of shape ${showShape(shape)}`,
        {
          hint: `Both have the same number of axes, and the indices are no larger outside axis ${axis}.`,
        },
      );
    }
    // Indices may leave out the last elements along the other axes.
    const part = context.t.slice(
      x,
      shape.map(() => 0),
      shape.map((size, at) => (at === axis ? size : nth(wanted, at))),
    );
    return context.t.gatherElements(part, indicesFromZero(context, indices, nth(shape, axis)), axis);
  },
});
