import { attributeError, defineOperator, shapeError, type Operator } from "@lirpa/core/plugin";
import { axisOf, show } from "./reading.js";

/** Joins any number of tensors along one axis. */
export const concat: Operator = defineOperator({
  type: "Concat",
  sinceVersion: 4,
  kind: "linear",
  inputs: ["inputs..."],
  data: ["inputs"],
  nonnegative: true,
  attributes: (raw, { node }) => {
    if (raw["axis"] === undefined) throw attributeError(`${node}: axis is missing`, { hint: "The ONNX operator requires it." });
    return Object.freeze({ axis: Number(raw["axis"]) });
  },
  forward: ({ t, attributes, node }, ...inputs) => {
    const parts = inputs.filter((part) => part !== undefined);
    const first = parts[0]!;
    const axis = axisOf(node, attributes.axis, first.shape.length);
    for (const { shape } of parts) {
      if (shape.length !== first.shape.length || shape.some((size, at) => at !== axis && size !== first.shape[at])) {
        throw shapeError(`${node}: ${show(first.shape)} and ${show(shape)} do not join along axis ${axis}`, {
          hint: "All sizes but that of the joined axis must agree.",
        });
      }
    }
    return parts.length === 1 ? first : t.concat(parts, axis);
  },
});
