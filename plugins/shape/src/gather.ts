import {
  axisOf,
  defineOperator,
  int,
  nth,
  sizeOf,
  type Operator,
  type Tensor,
  type TensorOps,
} from "@lirpa/core/plugin";
import { gatherAttributes, indicesFromZero } from "./indices.js";

/** Slices along one axis by a tensor of indices, whose axes take that axis' place. */
export const gather: Operator = defineOperator({
  type: "Gather",
  sinceVersion: 1,
  kind: "linear",
  inputs: ["data", "indices"],
  nonnegative: true,
  attributes: { axis: int(0) },
  derive: gatherAttributes,
  forward: (context, x, indices) => {
    const { t } = context;
    const axis = axisOf(context.node, context.attributes.axis, x.shape.length);
    const places = indicesFromZero(context, indices, nth(x.shape, axis));
    return t.constantValue(places) === undefined ? gatherEach(t, x, places, axis) : t.gather(x, places, axis);
  },
});

/** Element by element, for indices of a run: they may differ between instances, which slices may not. */
function gatherEach(t: TensorOps, x: Tensor, indices: Tensor, axis: number): Tensor {
  const before = x.shape.slice(0, axis);
  const after = x.shape.slice(axis + 1);
  const count = sizeOf(indices.shape);
  const column = t.reshape(indices, [...before.map(() => 1), count, ...after.map(() => 1)]);
  const picked = t.gatherElements(x, t.expand(column, [...before, count, ...after]), axis);
  return t.reshape(picked, [...before, ...indices.shape, ...after]);
}
