import { attributeError, defineOperator, type Operator } from "@lirpa/core/plugin";
import { requiredIntegers, sameLength, show } from "./reading.js";

/** Repeats the whole tensor along its axes. */
export const tile: Operator = defineOperator({
  type: "Tile",
  sinceVersion: 6,
  kind: "linear",
  inputs: ["input", "repeats"],
  nonnegative: true,
  attributes: (raw, context) => {
    const repeats = requiredIntegers(raw, context, "repeats", 1);
    if (repeats.some((count) => count < 0 || !Number.isInteger(count))) {
      throw attributeError(`${context.node}: repeats ${show(repeats)}`, { hint: "Repeats are at least 0." });
    }
    return Object.freeze({ repeats });
  },
  // An axis of size n becomes [1, n], is broadcast to [repeats, n] and joined again.
  forward: ({ t, attributes: { repeats }, node }, x) => {
    const { shape } = x;
    sameLength(node, "repeats", repeats, "axes of the input", shape);
    if (repeats.every((count) => count === 1)) return x;
    const apart = shape.flatMap((size, axis) => (repeats[axis] === 1 ? [size] : [1, size]));
    const repeated = shape.flatMap((size, axis) => (repeats[axis] === 1 ? [size] : [repeats[axis]!, size]));
    return t.reshape(t.expand(t.reshape(x, apart), repeated), shape.map((size, axis) => size * repeats[axis]!));
  },
});
