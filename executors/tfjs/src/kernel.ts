import type { IrNode, PrimitiveName } from "@lirpa/core/recording";
import type { DataType, Tensor } from "@tensorflow/tfjs-core";

export type Tf = typeof import("@tensorflow/tfjs-core");

/** Computes one node. Values have the physical shape `[instances or 1, rows or 1, ...S]`, whatever their rank. */
export type Kernel = (tf: Tf, node: IrNode, inputs: readonly Tensor[], to: readonly number[]) => Tensor;
/** Kernels of some primitives: one that is missing does not compile. */
export type Kernels<Name extends PrimitiveName> = Readonly<Record<Name, Kernel>>;

/** tfjs and its native backends compute with tensors of at most this many axes; broadcasting natively with fewer. */
const MOST_AXES = 5;

export const TYPES = { float: "float32", int: "int32", bool: "bool" } as const;

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

export function attributesOf<A>(node: IrNode): A {
  return node.attributes as A;
}

/** A physical shape with as many axes as another: missing axes of S come after the hidden ones. */
export function aligned(shape: readonly number[], rank: number): number[] {
  return [...shape.slice(0, 2), ...new Array<number>(Math.max(0, rank - shape.length)).fill(1), ...shape.slice(2)];
}

/** The axes before one axis merged, that axis, and those after it: all that an operation along one axis sees. */
export function around(shape: readonly number[], axis: number): [outer: number, size: number, inner: number] {
  return [sizeOf(shape.slice(0, axis)), shape[axis]!, sizeOf(shape.slice(axis + 1))];
}

/**
 * Shapes of operands that broadcast to one shape, with as few axes as their patterns need: neighbours that all operands
 * either have or lack become one axis.
 */
export function collapsed(
  shapes: readonly (readonly number[])[],
  to: readonly number[],
): { readonly shapes: number[][]; readonly to: number[] } {
  const result = { shapes: shapes.map((): number[] => []), to: [] as number[] };
  let last: string | undefined;
  to.forEach((size, axis) => {
    if (size === 1) return;
    const pattern = shapes.map((shape) => (shape[axis] === 1 ? "1" : "n")).join("");
    if (pattern === last) result.to[result.to.length - 1]! *= size;
    else result.to.push(size);
    shapes.forEach((shape, i) => {
      if (pattern === last) result.shapes[i]![result.to.length - 1]! *= shape[axis]!;
      else result.shapes[i]!.push(shape[axis]!);
    });
    last = pattern;
  });
  return result;
}

/** Operands reshaped so that tfjs broadcasts them; where patterns alternate too often, they are repeated first. */
export function broadcastable(tf: Tf, inputs: readonly Tensor[], to: readonly number[]): Tensor[] {
  const { shapes, to: target } = collapsed(
    inputs.map(({ shape }) => aligned(shape, to.length)),
    to,
  );
  if (target.length <= MOST_AXES) return inputs.map((x, i) => tf.reshape(x, shapes[i]!));
  return inputs.map((x) => tf.reshape(repeated(tf, x, to), [sizeOf(to)]));
}

/** A value repeated to a physical shape to which it broadcasts. */
export function repeated(tf: Tf, x: Tensor, to: readonly number[]): Tensor {
  const {
    shapes: [from],
    to: target,
  } = collapsed([aligned(x.shape, to.length)], to);
  if (sizeOf(from!) === sizeOf(target)) return tf.reshape(x, [...to]);
  if (target.length > MOST_AXES) {
    const places = indices(tf, broadcastStrides(from!, target), target);
    return tf.reshape(tf.gather(tf.reshape(x, [x.size]), places), [...to]);
  }
  return tf.reshape(
    tf.tile(
      tf.reshape(x, from!),
      target.map((size, axis) => size / from![axis]!),
    ),
    [...to],
  );
}

/** Axes in another order. */
export function permuted(tf: Tf, x: Tensor, permutation: readonly number[]): Tensor {
  const to = permutation.map((axis) => x.shape[axis]!);
  // Runs of axes that stay together are one axis, and axes of size 1 are none.
  const runs: number[][] = [];
  for (const axis of permutation) {
    if (x.shape[axis] === 1) continue;
    const run = runs[runs.length - 1];
    const next = run === undefined ? undefined : nextAxis(x.shape, run[run.length - 1]!);
    if (run !== undefined && next === axis) run.push(axis);
    else runs.push([axis]);
  }
  const order = runs.map((_, i) => i).sort((a, b) => runs[a]![0]! - runs[b]![0]!);
  const from = order.map((i) => sizeOf(runs[i]!.map((axis) => x.shape[axis]!)));
  const places = runs.map((_, i) => order.indexOf(i));
  if (runs.length <= 1) return tf.reshape(x, to);
  if (runs.length <= MOST_AXES) return tf.reshape(tf.transpose(tf.reshape(x, from), places), to);
  const strides = stridesOf(x.shape);
  return tf.reshape(
    tf.gather(
      tf.reshape(x, [x.size]),
      indices(
        tf,
        permutation.map((axis) => strides[axis]!),
        to,
      ),
    ),
    to,
  );
}

/** The next axis that is not of size 1. */
function nextAxis(shape: readonly number[], axis: number): number {
  let next = axis + 1;
  while (shape[next] === 1) next++;
  return next;
}

export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

function broadcastStrides(from: readonly number[], to: readonly number[]): number[] {
  return stridesOf(from).map((stride, axis) => (from[axis] === 1 && to[axis] !== 1 ? 0 : stride));
}

/** For each element of a shape the offset that strides give it: what no operation of few axes can say is a gather. */
function indices(tf: Tf, strides: readonly number[], shape: readonly number[]): Tensor {
  const result = new Int32Array(sizeOf(shape));
  const position = new Array<number>(shape.length).fill(0);
  let offset = 0;
  for (let i = 0; i < result.length; i++) {
    result[i] = offset;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      offset += strides[axis]!;
      if (++position[axis]! < shape[axis]!) break;
      offset -= strides[axis]! * shape[axis]!;
      position[axis] = 0;
    }
  }
  return tf.tensor1d(result, "int32");
}

/** An operation that tfjs has for floats only, on whatever comes. */
export function asFloats(tf: Tf, x: Tensor, operation: (x: Tensor) => Tensor): Tensor {
  const { dtype } = x;
  return dtype === "float32" ? operation(x) : tf.cast(operation(tf.cast(x, "float32")), dtype as DataType);
}

/** Elements of one axis, by start, number and step. */
export function cut(tf: Tf, x: Tensor, axis: number, start: number, size: number, step = 1): Tensor {
  if (start === 0 && size === x.shape[axis]) return x;
  const [outer, length, inner] = around(x.shape, axis);
  const flat = tf.reshape(x, [outer, length, inner]);
  const to = [...x.shape.slice(0, axis), size, ...x.shape.slice(axis + 1)];
  if (step === 1 || size <= 1) return tf.reshape(tf.slice(flat, [0, start, 0], [outer, size, inner]), to);
  const stop = start + (size - 1) * step + 1;
  return tf.reshape(tf.stridedSlice(flat, [0, start, 0], [outer, stop, inner], [1, step, 1]), to);
}

/** One axis longer by `low` values before it and `high` after it. Negative numbers cut off. */
export function padded(tf: Tf, x: Tensor, axis: number, low: number, high: number, value: number): Tensor {
  const length = x.shape[axis]!;
  const left = length + Math.min(0, low) + Math.min(0, high);
  const kept = low < 0 || high < 0 ? cut(tf, x, axis, Math.max(0, -low), left) : x;
  if (low <= 0 && high <= 0) return kept;
  const [outer, size, inner] = around(kept.shape, axis);
  const edges: [number, number][] = [
    [0, 0],
    [Math.max(0, low), Math.max(0, high)],
    [0, 0],
  ];
  const wider = asFloats(tf, tf.reshape(kept, [outer, size, inner]), (floats) => tf.pad(floats, edges, value));
  return tf.reshape(wider, [...kept.shape.slice(0, axis), wider.shape[1]!, ...kept.shape.slice(axis + 1)]);
}

/** One axis with `gap` values between neighbours. */
export function stuffed(tf: Tf, x: Tensor, axis: number, gap: number, value: number): Tensor {
  const size = x.shape[axis]!;
  if (gap === 0 || size <= 1) return x;
  const apart = tf.reshape(x, [...x.shape.slice(0, axis + 1), 1, ...x.shape.slice(axis + 1)]);
  const behind = padded(tf, apart, axis + 1, 0, gap, value);
  const merged = tf.reshape(behind, [...x.shape.slice(0, axis), size * (gap + 1), ...x.shape.slice(axis + 1)]);
  return cut(tf, merged, axis, 0, (size - 1) * (gap + 1) + 1);
}
