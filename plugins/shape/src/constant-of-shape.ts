import { attributeError, defineOperator, type Operator } from "@lirpa/core/plugin";
import { requiredIntegers, show } from "./reading.js";

/** One value throughout a given shape: a float zero, unless an attribute says otherwise. */
export const constantOfShape: Operator = defineOperator({
  type: "ConstantOfShape",
  sinceVersion: 9,
  kind: "linear",
  inputs: ["input"],
  data: [],
  nonnegative: true,
  attributes: (raw, context) => {
    const shape = requiredIntegers({}, context, "input", 0);
    const value = raw["value"];
    if (shape.some((size) => size < 0)) throw attributeError(`${context.node}: ${show(shape)} is not a shape`, { hint: "Sizes are at least 0." });
    if (value === undefined) return Object.freeze({ shape, value: 0, dtype: "float" });
    if (typeof value !== "object" || !("data" in value) || value.data.length !== 1) {
      throw attributeError(`${context.node}: value is not a tensor of one element`, { hint: "It is repeated throughout the shape." });
    }
    return Object.freeze({ shape, value: value.data[0]!, dtype: value.dtype });
  },
  forward: ({ t, attributes: { shape, value, dtype } }) => t.expand(t.constant(value, [], dtype), shape),
});
