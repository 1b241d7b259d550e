import { around, attributesOf, repeated, sizeOf, type Kernels } from "../kernel.js";

export const indexing: Kernels<"gather" | "gatherElements" | "pickByRow" | "pickedEye" | "placeRows"> = {
  gather: (tf, node, [x, indices]) => {
    const axis = attributesOf<{ axis: number }>(node).axis + 2;
    return tf.gather(tf.reshape(x!, around(x!.shape, axis)), tf.reshape(indices!, [indices!.size]) as never, 1);
  },
  /** tfjs has none: where each element stands among all is computed, and gathered. */
  gatherElements: (tf, node, inputs, to) => {
    const axis = attributesOf<{ axis: number }>(node).axis + 2;
    const [x, indices] = inputs.map((value) => repeated(tf, value, [...to.slice(0, 2), ...value.shape.slice(2)]));
    const [outer, size, inner] = around(x!.shape, axis);
    const before = tf.mul(tf.reshape(tf.range(0, outer, 1, "int32"), [outer, 1, 1]), tf.scalar(size * inner, "int32"));
    const along = tf.mul(tf.reshape(indices!, [outer, to[axis]!, inner]), tf.scalar(inner, "int32"));
    const places = tf.add(tf.add(before, along), tf.reshape(tf.range(0, inner, 1, "int32"), [1, 1, inner]));
    return tf.gather(tf.reshape(x!, [x!.size]), tf.reshape(places, [places.size]) as never);
  },
  pickByRow: (tf, _, [x, index]) => {
    const [instances, , length, ...rest] = x!.shape;
    const slices = tf.reshape(x!, [instances!, length!, sizeOf(rest)]);
    return tf.gather(slices, tf.reshape(index!, [index!.size]) as never, 1);
  },
  pickedEye: (tf, node, [index]) => {
    return tf.cast(tf.oneHot(tf.reshape(index!, [index!.size]), sizeOf(node.shape)), "float32");
  },
  /** For each place the row that goes there, counted from 1; 0 where none does. */
  placeRows: (tf, _, [base, values, index], to) => {
    const size = base!.shape[2]!;
    const rows = index!.size;
    const source = tf.scatterND(tf.reshape(index!, [rows, 1]), tf.range(1, rows + 1, 1, "int32"), [size]);
    const none = tf.scalar(0, "int32");
    const level = tf.reshape(repeated(tf, values!, [to[0]!, rows]), [to[0]!, rows]);
    const placed = tf.gather(level, tf.maximum(tf.sub(source, tf.scalar(1, "int32")), none) as never, 1);
    const isPlaced = repeated(tf, tf.reshape(tf.greater(source, none), [1, size]), [to[0]!, size]);
    return tf.where(isPlaced, placed, tf.reshape(repeated(tf, base!, to), [to[0]!, size]));
  },
};
