import { defineOperator, ints, nth, sameLength, type Operator } from "@lirpa/core/plugin";

/** Repeats the whole tensor along its axes. */
export const tile: Operator = defineOperator({
  type: "Tile",
  sinceVersion: 6,
  kind: "linear",
  inputs: ["input", "repeats"],
  nonnegative: true,
  attributes: { repeats: ints().atLeast(0).fromInput() },
  // An axis of size n becomes [1, n], is broadcast to [repeats, n] and joined again.
  forward: ({ t, attributes: { repeats }, node }, x) => {
    const { shape } = x;
    sameLength(node, "repeats", repeats, "axes of the input", shape);
    if (repeats.every((count) => count === 1)) return x;
    const axes = shape.map((size, axis) => ({ size, count: nth(repeats, axis) }));
    const apart = axes.flatMap(({ size, count }) => (count === 1 ? [size] : [1, size]));
    const repeated = axes.flatMap(({ size, count }) => (count === 1 ? [size] : [count, size]));
    return t.reshape(
      t.expand(t.reshape(x, apart), repeated),
      axes.map(({ size, count }) => size * count),
    );
  },
});
