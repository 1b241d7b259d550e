import { defineOperator, type Operator } from "@lirpa/core/plugin";
import { broadcastShape, requiredIntegers } from "./reading.js";

/** Broadcasts to the shape that the input's own and the one given have in common. */
export const expand: Operator = defineOperator({
  type: "Expand",
  sinceVersion: 8,
  kind: "linear",
  inputs: ["input", "shape"],
  nonnegative: true,
  attributes: (raw, context) => Object.freeze({ shape: requiredIntegers(raw, context, "shape", 1) }),
  forward: ({ t, attributes, node }, x) => t.expand(x, broadcastShape(node, x.shape, attributes.shape)),
});
