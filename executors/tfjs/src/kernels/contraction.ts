import type { Tensor } from "@tensorflow/tfjs-core";
import {
  aligned,
  asFloats,
  attributesOf,
  broadcastable,
  cut,
  padded,
  permuted,
  repeated,
  sizeOf,
  stuffed,
  type Kernel,
  type Kernels,
  type Tf,
} from "../kernel.js";

/** tfjs multiplies stacks of matrices of one number, or a stack and one matrix; other batches are repeated. */
const matmul: Kernel = (tf, _, inputs, to) => {
  const rank = to.length;
  const [a, b] = inputs.map((x) => tf.reshape(x, aligned(x.shape, rank))) as [Tensor, Tensor];
  const [m, k] = a.shape.slice(-2) as [number, number];
  const n = b.shape[rank - 1]!;
  const batch = to.slice(0, -2);
  const isOne = (x: Tensor): boolean => sizeOf(x.shape.slice(0, -2)) === 1;
  if (isOne(b)) return product(tf, tf.reshape(a, [a.size / k, k]), tf.reshape(b, [k, n]));
  // Instances of the right factor alone: rows and batch of the left one are rows of one matrix per instance.
  const ownBatch = b.shape.slice(1, -2);
  if (sizeOf(ownBatch) === 1 && (a.shape[0] === b.shape[0] || a.shape[0] === 1)) {
    const left = tf.reshape(a, [a.shape[0]!, a.size / a.shape[0]! / k, k]);
    const level = a.shape[0] === b.shape[0] ? left : repeated3(tf, left, b.shape[0]!);
    return product(tf, level, tf.reshape(b, [b.shape[0]!, k, n]));
  }
  const count = sizeOf(batch);
  const left = tf.reshape(repeated(tf, a, [...batch, m, k]), [count, m, k]);
  return product(tf, left, tf.reshape(repeated(tf, b, [...batch, k, n]), [count, k, n]));
};

function repeated3(tf: Tf, x: Tensor, count: number): Tensor {
  return tf.tile(x, [count, 1, 1]);
}

/** The product of two matrices, or of two stacks of equally many. */
function product(tf: Tf, a: Tensor, b: Tensor): Tensor {
  if (a.dtype !== "float32") return tf.cast(product(tf, tf.cast(a, "float32"), tf.cast(b, "float32")), "int32");
  if (tf.getBackend() !== "wasm") return tf.matMul(a, b);
  // tfjs-backend-wasm 4.22 writes past its memory in some sequences of matrix products: products and sums instead.
  const lead = a.shape.slice(0, -2);
  const [m, k, n] = [a.shape[lead.length]!, a.shape[lead.length + 1]!, b.shape[lead.length + 1]!];
  return tf.sum(tf.mul(tf.reshape(a, [...lead, m, k, 1]), tf.reshape(b, [...lead, 1, k, n])), lead.length + 1);
}

const dot: Kernel = (tf, node, inputs, to) => {
  const size = sizeOf(node.inputs[0]!.shape);
  const [a, b] = inputs.map((x) => tf.reshape(x, [x.shape[0]!, x.shape[1]!, size])) as [Tensor, Tensor];
  if (b.shape[1] === 1 && b.shape[0] === 1 && a.dtype === "float32") {
    return product(tf, tf.reshape(a, [a.size / size, size]), tf.reshape(b, [size, 1]));
  }
  const [left, right] = broadcastable(tf, [a, b], [...to.slice(0, 2), size]);
  return tf.sum(tf.reshape(tf.mul(left!, right!), [sizeOf(to), size]), 1);
};

interface ConvAttributes {
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
  readonly groups: number;
}

/** Instances, rows and batch are one axis: what a kernel without hidden axes does to one, it does to all. */
const conv: Kernel = (tf, node, [x, w]) => {
  return convolved(tf, merged(tf, x!), tf.reshape(w!, w!.shape.slice(2)), attributesOf<ConvAttributes>(node));
};

function merged(tf: Tf, x: Tensor): Tensor {
  return tf.reshape(x, [sizeOf(x.shape.slice(0, 3)), ...x.shape.slice(3)]);
}

/** x [B, C, …] and w [Co, C / groups, kernel…]. */
function convolved(tf: Tf, x: Tensor, w: Tensor, { strides, pads, dilations, groups }: ConvAttributes): Tensor {
  const spatial = strides.length;
  let input = x;
  strides.forEach((_, axis) => (input = padded(tf, input, axis + 2, pads[axis]!, pads[axis + spatial]!, 0)));
  const isStrided = strides.some((stride) => stride > 1);
  const isDilated = dilations.some((dilation) => dilation > 1);
  if (spatial > 2 || (isStrided && isDilated)) return byWindows(tf, input, w, strides, dilations, groups);
  const [outputs, perGroup] = [w.shape[0]! / groups, w.shape[1]!];
  const parts = Array.from({ length: groups }, (_, group) => {
    const images = last(tf, cut(tf, input, 1, group * perGroup, perGroup));
    const filter = permuted(tf, flatTo2(tf, cut(tf, w, 0, group * outputs, outputs)), [2, 3, 1, 0]);
    return tf.conv2d(images as never, filter as never, two(strides, 1), "valid", "NHWC", two(dilations, 1));
  });
  return first(tf, parts.length === 1 ? parts[0]! : tf.concat(parts, 3), spatial);
}

/** Any number of axes: for each position of the kernel a slice; all of them times the kernel, one matrix per group. */
function byWindows(
  tf: Tf,
  x: Tensor,
  w: Tensor,
  strides: readonly number[],
  dilations: readonly number[],
  groups: number,
): Tensor {
  const kernel = w.shape.slice(2);
  const out = kernel.map((size, axis) => {
    return Math.floor((x.shape[axis + 2]! - (size - 1) * dilations[axis]! - 1) / strides[axis]!) + 1;
  });
  const [batch, channels] = x.shape as [number, number];
  const count = sizeOf(out);
  const slices = positions(kernel).map((at) => {
    let part = x;
    at.forEach((p, axis) => (part = cut(tf, part, axis + 2, p * dilations[axis]!, out[axis]!, strides[axis]!)));
    return tf.reshape(part, [batch * channels, 1, count]);
  });
  const inner = (channels / groups) * sizeOf(kernel);
  const columns = tf.reshape(slices.length === 1 ? slices[0]! : tf.concat(slices, 1), [batch, groups, inner, count]);
  const outputs = w.shape[0]! / groups;
  const products = Array.from({ length: groups }, (_, group) => {
    const matrix = tf.reshape(cut(tf, w, 0, group * outputs, outputs), [1, outputs, inner]);
    return product(tf, repeated3(tf, matrix, batch), tf.reshape(cut(tf, columns, 1, group, 1), [batch, inner, count]));
  });
  return tf.reshape(products.length === 1 ? products[0]! : tf.concat(products, 1), [batch, w.shape[0]!, ...out]);
}

interface ConvTransposeAttributes extends ConvAttributes {
  readonly outputPadding: readonly number[];
}

const convTranspose: Kernel = (tf, node, [x, w]) => {
  const { strides, pads, dilations, groups, outputPadding } = attributesOf<ConvTransposeAttributes>(node);
  const spatial = strides.length;
  const kernel = tf.reshape(w!, w!.shape.slice(2));
  const input = merged(tf, x!);
  // Every input element times the kernel, put down where its window lies: windows of the zero-stuffed input, turned.
  const reach = strides.map((_, axis) => (kernel.shape[axis + 2]! - 1) * dilations[axis]!);
  let wide = input;
  strides.forEach((stride, axis) => {
    wide = stuffed(tf, wide, axis + 2, stride - 1, 0);
    const behind = reach[axis]! - pads[axis + spatial]! + outputPadding[axis]!;
    wide = padded(tf, wide, axis + 2, reach[axis]! - pads[axis]!, behind, 0);
  });
  const [inputs, outputs] = kernel.shape as [number, number];
  const positionsOf = sizeOf(kernel.shape.slice(2));
  const grouped = tf.reshape(kernel, [groups, inputs / groups, outputs, positionsOf]);
  const turned = permuted(
    tf,
    asFloats(tf, grouped, (floats) => tf.reverse(floats, 3)),
    [0, 2, 1, 3],
  );
  const ones = strides.map(() => 1);
  const flipped = tf.reshape(turned, [groups * outputs, inputs / groups, ...kernel.shape.slice(2)]);
  return convolved(tf, wide, flipped, { strides: ones, dilations, groups, pads: [...ones, ...ones].map(() => 0) });
};

/** [B, C, …] with one or two axes → [B, H, W, C]. */
function last(tf: Tf, x: Tensor): Tensor {
  return permuted(tf, flatTo2(tf, x), [0, 2, 3, 1]);
}

function first(tf: Tf, x: Tensor, spatial: number): Tensor {
  const back = permuted(tf, x, [0, 3, 1, 2]);
  return spatial === 1 ? tf.reshape(back, [back.shape[0]!, back.shape[1]!, back.shape[2]!]) : back;
}

/** One spatial axis is the first of two. */
function flatTo2(tf: Tf, x: Tensor): Tensor {
  return x.shape.length === 3 ? tf.reshape(x, [...x.shape, 1]) : x;
}

function two(sizes: readonly number[], fill: number): [number, number] {
  return [sizes[0]!, sizes[1] ?? fill];
}

function positions(kernel: readonly number[]): number[][] {
  return kernel.reduce<number[][]>(
    (done, size) => done.flatMap((head) => Array.from({ length: size }, (_, i) => [...head, i])),
    [[]],
  );
}

export const contraction: Kernels<"matmul" | "dot" | "conv" | "convTranspose"> = { matmul, dot, conv, convTranspose };
