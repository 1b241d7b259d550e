import { defineOperator, type Operator } from "@lirpa/core/plugin";
import { gatherAttributes, indicesFromZero, type GatherAttributes } from "./indices.js";
import { axisOf } from "./reading.js";

/** Slices along one axis by a tensor of indices, whose axes take that axis' place. */
export const gather: Operator = defineOperator<GatherAttributes>({
  type: "Gather",
  sinceVersion: 1,
  kind: "linear",
  inputs: ["data", "indices"],
  nonnegative: true,
  attributes: gatherAttributes,
  forward: (context, x, indices) => {
    const axis = axisOf(context.node, context.attributes.axis, x!.shape.length);
    return context.t.gather(x!, indicesFromZero(context, indices!, x!.shape[axis]!), axis);
  },
});
