import { LirpaError } from "../plugin/errors.js";
import type { ConvOptions, ConvTransposeOptions, Shape, WindowOptions } from "../plugin/tensor.js";
import type { IrNode } from "./ir.js";
import { showShape, sizeOf } from "./shapes.js";
import type { Vocabulary } from "./vocabulary.js";

/** Each place of a window is an operation of its own. */
const MOST_POSITIONS = 1 << 14;

/** The windows of x [B, C, …] for each place of a kernel: [B, C, places, …]. Throws `LIRPA_MEMORY` for too many. */
export function windows(
  t: Vocabulary,
  x: IrNode,
  kernel: readonly number[],
  { strides, pads, dilations }: WindowOptions,
  padValue: number,
): IrNode {
  if (sizeOf(kernel) > MOST_POSITIONS) {
    const most = `at most ${MOST_POSITIONS} are recorded`;
    throw new LirpaError("LIRPA_MEMORY", `a window of ${showShape(kernel)} elements; ${most}`);
  }
  const spatial = kernel.length;
  const edge = (from: number): number[] => [0, 0, ...pads.slice(from, from + spatial)];
  const padded = t.pad(x, edge(0), edge(spatial), padValue);
  const out = kernel.map((size, axis) => {
    return Math.floor((padded.shape[axis + 2]! - (size - 1) * dilations[axis]! - 1) / strides[axis]!) + 1;
  });
  const [batch, channels] = x.shape as [number, number];
  const parts = positions(kernel).map((at) => {
    const starts = [0, 0, ...at.map((p, axis) => p * dilations[axis]!)];
    const stops = [batch, channels, ...out.map((size, axis) => starts[axis + 2]! + (size - 1) * strides[axis]! + 1)];
    return t.reshape(t.slice(padded, starts, stops, [1, 1, ...strides]), [batch, channels, 1, ...out]);
  });
  return t.concat(parts, 2);
}

/** The gradient of `conv` in its kernel: windows of the input times the cotangent, summed over the batch. */
export function convWeightGradient(t: Vocabulary, x: IrNode, g: IrNode, kernel: Shape, options: ConvOptions): IrNode {
  const { groups } = options;
  const [columns, positionsOut] = columnsOf(t, x, kernel.slice(2), options);
  const [batch, outputs] = g.shape as [number, number];
  const grouped = t.reshape(g, [batch, groups, outputs / groups, positionsOut]);
  const product = t.matmul(grouped, t.swapLast(columns));
  return t.reshape(t.sum(product, [0]), kernel);
}

/** Windows as matrices: [B, groups, Ci / groups · kernel, positions]. */
function columnsOf(t: Vocabulary, x: IrNode, kernel: readonly number[], options: ConvOptions): [IrNode, number] {
  const all = windows(t, x, kernel, options, 0);
  const [batch, channels] = x.shape as [number, number];
  const count = sizeOf(all.shape.slice(3));
  const { groups } = options;
  return [t.reshape(all, [batch, groups, (channels / groups) * sizeOf(kernel), count]), count];
}

/** A convolution with a kernel that has hidden axes. */
export function convByWindows(t: Vocabulary, x: IrNode, w: IrNode, options: ConvOptions): IrNode {
  const { groups, strides, pads, dilations } = options;
  const kernel = w.shape.slice(2);
  const [columns] = columnsOf(t, x, kernel, options);
  const matrix = t.reshape(w, [groups, w.shape[0]! / groups, sizeOf(w.shape.slice(1))]);
  const out = kernel.map((size, axis) => {
    const padded = x.shape[axis + 2]! + pads[axis]! + pads[axis + kernel.length]!;
    return Math.floor((padded - (size - 1) * dilations[axis]! - 1) / strides[axis]!) + 1;
  });
  return t.reshape(t.matmul(matrix, columns), [x.shape[0]!, w.shape[0]!, ...out]);
}

/**
 * A transposed convolution with a kernel that has hidden axes: every input element times the kernel, put down where its
 * window lies. These are windows of the zero-stuffed input, flipped.
 */
export function convTransposeByWindows(
  t: Vocabulary,
  x: IrNode,
  w: IrNode,
  { strides, pads, dilations, groups, outputPadding }: ConvTransposeOptions,
): IrNode {
  const spatial = strides.length;
  const reach = strides.map((_, axis) => (w.shape[axis + 2]! - 1) * dilations[axis]!);
  const low = reach.map((size, axis) => size - pads[axis]!);
  const high = reach.map((size, axis) => size - pads[axis + spatial]! + outputPadding[axis]!);
  const clipped = (sizes: number[]): number[] => [0, 0, ...sizes.map((size) => Math.max(0, size))];
  const stuffed = t.pad(x, clipped(low), clipped(high), 0, [0, 0, ...strides.map((stride) => stride - 1)]);
  const cut = t.slice(
    stuffed,
    [0, 0, ...low.map((size) => Math.max(0, -size))],
    [...stuffed.shape.slice(0, 2), ...high.map((size, axis) => stuffed.shape[axis + 2]! + Math.min(0, size))],
  );
  const [inputs, outputs] = w.shape as [number, number];
  const kernel = w.shape.slice(2);
  const grouped = t.reshape(w, [groups, inputs / groups, outputs, ...kernel]);
  const axes = kernel.map((_, axis) => axis + 3);
  const turned = t.flip(t.transpose(grouped, [0, 2, 1, ...axes]), axes);
  const ones = strides.map(() => 1);
  const none = [...ones, ...ones].map(() => 0);
  const flipped = t.reshape(turned, [groups * outputs, inputs / groups, ...kernel]);
  return t.conv(cut, flipped, { strides: ones, dilations, groups, pads: none });
}

/** All positions of a kernel in row-major order. */
export function positions(kernel: readonly number[]): number[][] {
  return kernel.reduce<number[][]>(
    (done, size) => done.flatMap((head) => Array.from({ length: size }, (_, i) => [...head, i])),
    [[]],
  );
}
