import {
  attributeError,
  defineOperator,
  flag,
  ints,
  shapeError,
  showShape,
  sizeOf,
  type Operator,
  type Shape,
} from "@lirpa/core/plugin";

interface ReshapeAttributes {
  readonly shape: readonly number[];
  readonly allowzero: boolean;
}

/**
 * The same elements in another shape. A 0 copies the size of its axis (unless `allowzero`), one −1 takes what is
 * left.
 */
export const reshape: Operator = defineOperator({
  type: "Reshape",
  sinceVersion: 5,
  kind: "linear",
  inputs: ["data", "shape"],
  nonnegative: true,
  attributes: { shape: ints().fromInput(), allowzero: flag(false) },
  forward: ({ t, attributes, node }, x) => t.reshape(x, resolve(node, x.shape, attributes)),
});

function resolve(node: string, from: Shape, { shape: target, allowzero: allowZero }: ReshapeAttributes): number[] {
  if (target.filter((size) => size === -1).length > 1 || target.some((size) => size < -1)) {
    throw attributeError(`${node}: ${showShape(target)} is not a shape`, {
      hint: "Sizes are at least 0; one of them may be -1.",
    });
  }
  const sizes = target.map((size, axis) => {
    if (size !== 0 || allowZero) return size;
    const copied = from[axis];
    if (copied === undefined) {
      throw attributeError(
        `${node}: the 0 at position ${axis} of ${showShape(target)} copies no axis of ${showShape(from)}`,
        {
          hint: "A 0 stands for the size of the input's axis at the same position.",
        },
      );
    }
    return copied;
  });
  const known = sizeOf(sizes.filter((size) => size !== -1));
  const shape = sizes.map((size) => (size === -1 ? sizeOf(from) / known : size));
  if (sizeOf(shape) !== sizeOf(from) || !shape.every(Number.isInteger)) {
    throw shapeError(`${node}: ${showShape(from)} does not reshape to ${showShape(target)}`, {
      hint: "Both must have the same number of elements.",
    });
  }
  return shape;
}
