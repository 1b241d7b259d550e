import { broadcastShape, defineOperator, ints, type Operator } from "@lirpa/core/plugin";

/** Broadcasts to the shape that the input's own and the one given have in common. */
export const expand: Operator = defineOperator({
  type: "Expand",
  sinceVersion: 8,
  kind: "linear",
  inputs: ["input", "shape"],
  nonnegative: true,
  attributes: { shape: ints().fromInput() },
  forward: ({ t, attributes, node }, x) => t.expand(x, broadcastShape(node, x.shape, attributes.shape)),
});
