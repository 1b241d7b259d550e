import type { ConvTransposeOptions, Shape } from "../../plugin/tensor.js";
import type { IrNode, RowSpace } from "../ir.js";
import { sameShape, sizeOf } from "../shapes.js";
import type { Vocabulary } from "../vocabulary.js";
import { positions as offsetsIn } from "../windows.js";

/**
 * Rows of the elements of an image [1, C, …], each of which is zero outside a window that moves with its element. The
 * row of channel c at position i has `data[c, i, channel, offset]` at element i · strides + offset − pads of that
 * channel.
 */
export interface Patches {
  readonly rows: RowSpace;
  /** C and the sizes of the positions. */
  readonly channels: number;
  readonly positions: Shape;
  /** The tensor that the rows are coefficients of: [1, channels, …]. */
  readonly shape: Shape;
  /** True where it is held as images of one channel, [channels, 1, …]: as pooling sees it. */
  readonly apart: boolean;
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  /**
   * [C, positions or 1, channels, offsets], 1 where all positions have the same coefficients; with picked rows just
   * [channels, offsets], one for each row.
   */
  readonly data: IrNode;
  /**
   * True where a row is zero outside its window. What a comparison or a choice gives is not: it counts inside the
   * window only, and must meet rows that vanish before anything is summed or carried on.
   */
  readonly vanishes: boolean;
  /** Where the rows are picked by a run: the position of each. */
  readonly position?: IrNode;
  /** True where `data` is zero wherever the window leaves the tensor. */
  readonly clean: boolean;
}

/** The unit rows of an image. */
export function unitPatches(t: Vocabulary, rows: RowSpace, shape: Shape): Patches {
  const channels = shape[1]!;
  const ones = shape.slice(2).map(() => 1);
  const identity = new Float64Array(channels * channels);
  for (let c = 0; c < channels; c++) identity[c * channels + c] = 1;
  const data = t.constant({ shape: [channels, 1, channels, 1], dtype: "float", data: identity });
  const window = { positions: shape.slice(2), kernel: ones, strides: ones, pads: ones.map(() => 0) };
  return { rows, channels, shape, ...window, data, apart: false, clean: true, vanishes: true };
}

/** The unit rows of an image at the indices of picked rows. */
export function pickedPatches(t: Vocabulary, index: IrNode, shape: Shape): Patches {
  const whole = unitPatches(t, index.rows!, shape);
  const count = sizeOf(shape.slice(2));
  const channel = t.div(index, count);
  const data = t.pickByRow(t.reshape(whole.data, [whole.channels, whole.channels, 1]), channel);
  return { ...whole, data, position: t.sub(index, t.mul(channel, count)) };
}

/** Axes of the data in front of channels and offsets. */
export function leadOf({ data }: Patches): number {
  return data.shape.length - 2;
}

/** Windows of a tensor [1, channels, …] that all rows share, in the layout of the data. */
export function windowsOf(t: Vocabulary, patches: Patches, x: IrNode): IrNode {
  const { kernel, strides, pads, positions, shape, position } = patches;
  const high = positions.map((_, axis) => Math.max(0, endOf(patches, axis) - shape[axis + 2]!));
  const padded = t.pad(x, [0, 0, ...pads.map((count) => Math.max(0, count))], [0, 0, ...high]);
  const channels = shape[1]!;
  const parts = offsetsIn(kernel).map((offset) => {
    const starts = [0, 0, ...offset.map((at, axis) => at - Math.min(0, pads[axis]!))];
    const last = positions.map((count, axis) => starts[axis + 2]! + (count - 1) * strides[axis]!);
    const stops = [1, channels, ...last.map((at) => at + 1)];
    return t.reshape(t.slice(padded, starts, stops, [1, 1, ...strides]), [channels, 1, sizeOf(positions)]);
  });
  const windows = t.transpose(t.concat(parts, 1), [2, 0, 1]);
  if (position !== undefined) return t.pickByRow(windows, position);
  return t.reshape(windows, [1, sizeOf(positions), channels, sizeOf(kernel)]);
}

/** Where the last window ends along an axis, from the tensor's start. */
function endOf({ kernel, strides, pads, positions }: Patches, axis: number): number {
  return strides[axis]! * (positions[axis]! - 1) + kernel[axis]! - pads[axis]!;
}

/** The same rows with zeros wherever a window leaves the tensor. */
export function cleaned(t: Vocabulary, patches: Patches): Patches {
  if (patches.clean) return patches;
  const inside = windowsOf(t, patches, t.full(patches.shape, 1));
  return { ...patches, data: t.mul(patches.data, inside), clean: true };
}

/** Carries rows over a convolution's output to its input: windows grow by the kernel and spread by its strides. */
export function throughConvolution(
  t: Vocabulary,
  patches: Patches,
  w: IrNode,
  options: ConvTransposeOptions,
  shape: Shape,
): Patches {
  const { data, kernel } = cleaned(t, patches);
  const lead = data.shape.slice(0, -2);
  const none = kernel.map(() => 0);
  const channels = data.shape[lead.length]!;
  const images = patches.apart ? [sizeOf(lead) * channels, 1] : [sizeOf(lead), channels];
  const whole = { ...options, pads: [...none, ...none], outputPadding: none };
  const grown = t.convTranspose(t.reshape(data, [...images, ...kernel]), w, whole);
  const size = grown.shape.slice(2);
  const next: Patches = {
    ...patches,
    shape,
    kernel: size,
    strides: patches.strides.map((stride, axis) => stride * options.strides[axis]!),
    pads: patches.pads.map((count, axis) => count * options.strides[axis]! + options.pads[axis]!),
    data: t.reshape(grown, [...lead, shape[1]!, sizeOf(size)]),
    clean: false,
  };
  const isInside = kernel.every((_, axis) => next.pads[axis]! <= 0 && endOf(next, axis) <= shape[axis + 2]!);
  return isInside ? { ...next, clean: true } : next;
}

/** Two sets of rows over one tensor in windows that hold both. */
export function together(t: Vocabulary, a: Patches, b: Patches): [Patches, Patches] | undefined {
  if (a.rows !== b.rows || !sameShape(a.shape, b.shape) || !sameShape(a.strides, b.strides)) return undefined;
  const pads = a.pads.map((count, axis) => Math.max(count, b.pads[axis]!));
  const behind = ({ kernel, pads: before }: Patches, axis: number): number => kernel[axis]! - before[axis]!;
  const kernel = pads.map((count, axis) => count + Math.max(behind(a, axis), behind(b, axis)));
  const widened = (patches: Patches): Patches => {
    const low = pads.map((count, axis) => count - patches.pads[axis]!);
    const high = kernel.map((size, axis) => size - patches.kernel[axis]! - low[axis]!);
    const lead = patches.data.shape.slice(0, -1);
    const none = lead.map(() => 0);
    const data = t.pad(t.reshape(patches.data, [...lead, ...patches.kernel]), [...none, ...low], [...none, ...high]);
    return { ...patches, pads, kernel, data: t.reshape(data, [...lead, sizeOf(kernel)]) };
  };
  return [widened(a), widened(b)];
}

/** One number for each row, from numbers in the layout of the data without channels and offsets. */
export function rowScalars(t: Vocabulary, patches: Patches, scalars: IrNode, shape: Shape): IrNode {
  const { channels, positions, rows } = patches;
  if (patches.position !== undefined) return t.reshape(scalars, shape);
  const full = t.expand(t.reshape(scalars, scalars.shape.slice(0, 2)), [channels, sizeOf(positions)]);
  return t.shapeToRows(t.reshape(full, [channels * sizeOf(positions), ...shape]), rows);
}

/** The share of the tensor that a window covers: the larger, the less patches save. */
export function density({ shape, kernel }: Patches): number {
  return sizeOf(kernel) / sizeOf(shape.slice(2));
}
