import { asFloats, around, attributesOf, cut, padded, permuted, repeated, stuffed, type Kernels } from "../kernel.js";

interface Slice {
  readonly starts: readonly number[];
  readonly sizes: readonly number[];
  readonly steps: readonly number[];
}

interface Pad {
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly interior: readonly number[];
  readonly value: number;
}

export const shape: Kernels<
  "reshape" | "rowsToShape" | "shapeToRows" | "transpose" | "expand" | "spread" | "concat" | "slice" | "flip" | "pad"
> = {
  // The physical shape of the result is all that changes: the interpreter sees to it.
  reshape: (_, __, [x]) => x!,
  rowsToShape: (_, __, [x]) => x!,
  shapeToRows: (_, __, [x]) => x!,
  transpose: (tf, node, [x]) => {
    const { permutation } = attributesOf<{ permutation: readonly number[] }>(node);
    return permuted(tf, x!, [0, 1, ...permutation.map((axis) => axis + 2)]);
  },
  expand: (tf, _, [x], to) => repeated(tf, x!, to),
  spread: (tf, _, [x], to) => repeated(tf, x!, to),
  concat: (tf, node, inputs, to) => {
    const axis = attributesOf<{ axis: number }>(node).axis + 2;
    const parts = inputs.map((x) => {
      const level = repeated(tf, x, [...to.slice(0, 2), ...x.shape.slice(2)]);
      return tf.reshape(level, around(level.shape, axis));
    });
    return tf.concat(parts, 1);
  },
  slice: (tf, node, [x]) => {
    const { starts, sizes, steps } = attributesOf<Slice>(node);
    return sizes.reduce((part, size, axis) => cut(tf, part, axis + 2, starts[axis]!, size, steps[axis]!), x!);
  },
  flip: (tf, node, [x]) =>
    attributesOf<{ axes: readonly number[] }>(node).axes.reduce((value, axis) => {
      const flat = tf.reshape(value, around(value.shape, axis + 2));
      return tf.reshape(
        asFloats(tf, flat, (floats) => tf.reverse(floats, 1)),
        value.shape,
      );
    }, x!),
  pad: (tf, node, [x]) => {
    const { low, high, interior, value } = attributesOf<Pad>(node);
    return low.reduce((result, before, axis) => {
      const gaps = stuffed(tf, result, axis + 2, interior[axis]!, value);
      return padded(tf, gaps, axis + 2, before, high[axis]!, value);
    }, x!);
  },
};
