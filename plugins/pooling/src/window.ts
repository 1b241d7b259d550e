import {
  attributeError, hostSize, shapeError, unsupportedAttribute, type AttributeContext, type RawAttributes,
  type WindowOptions,
} from "@lirpa/core/plugin";
import { autoPadOf, integers, spatialShape } from "./reading.js";

/** The windows of a pooling operator; one entry per spatial axis. */
export interface PoolingWindow {
  readonly batch: number;
  readonly channels: number;
  readonly sizes: readonly number[];
  readonly kernel: readonly number[];
  readonly output: readonly number[];
  /** Its end pads reach exactly as far as the last window, whatever the attributes say. */
  readonly options: WindowOptions;
  /** The end pads that the attributes ask for. */
  readonly declaredEnds: readonly number[];
}

export function poolingWindow(raw: RawAttributes, { node, shapes }: AttributeContext): PoolingWindow {
  const [batch, channels, ...sizes] = spatialShape(node, shapes[0]);
  const ones = sizes.map(() => 1);
  if (raw["kernel_shape"] === undefined) {
    throw attributeError(`${node}: the attribute 'kernel_shape' is missing`, { hint: "The ONNX operator requires it." });
  }
  const kernel = integers(node, raw, "kernel_shape", ones, 1);
  const strides = integers(node, raw, "strides", ones, 1);
  const dilations = integers(node, raw, "dilations", ones, 1);
  const pads = integers(node, raw, "pads", [...ones, ...ones].fill(0), 0);
  const autoPad = autoPadOf(node, raw, pads, dilations);
  const ceilMode = Number(raw["ceil_mode"] ?? 0) !== 0;
  if (ceilMode && autoPad !== "NOTSET") {
    throw unsupportedAttribute(`${node}: ceil_mode 1 with auto_pad ${autoPad} is not supported`, {
      hint: "Runtimes disagree on its output's shape; give 'pads' instead.",
    });
  }
  const extents = kernel.map((size, axis) => (size - 1) * dilations[axis]! + 1);
  const same = autoPad.startsWith("SAME");
  const totals = sizes.map((size, axis) => {
    if (!same) return pads[axis]! + pads[axis + sizes.length]!;
    // As many windows as strides begin in the input.
    return Math.max(0, (Math.ceil(size / strides[axis]!) - 1) * strides[axis]! + extents[axis]! - size);
  });
  const begins = totals.map((total, axis) => {
    if (!same) return pads[axis]!;
    return autoPad === "SAME_UPPER" ? Math.floor(total / 2) : Math.ceil(total / 2);
  });
  const output = sizes.map((size, axis) => {
    const count = windowCount(size + totals[axis]! - extents[axis]!, strides[axis]!, ceilMode, size + begins[axis]!);
    if (count < 1) throw shapeError(`${node}: the kernel spans ${extents[axis]} elements of axis ${axis + 2}, which has ${size} and its padding`);
    return count;
  });
  const ends = output.map((count, axis) => Math.max(0, (count - 1) * strides[axis]! + extents[axis]! - begins[axis]! - sizes[axis]!));
  const window: PoolingWindow = {
    batch,
    channels,
    sizes,
    kernel,
    output,
    options: { strides, dilations, pads: [...begins, ...ends] },
    declaredEnds: totals.map((total, axis) => total - begins[axis]!),
  };
  refuseEmptyWindows(node, window);
  return window;
}

/** With ceil_mode a last window may begin before and end after the end of the padded input, but not begin in the end padding. */
function windowCount(room: number, stride: number, ceilMode: boolean, endOfInput: number): number {
  if (!ceilMode) return Math.floor(room / stride) + 1;
  const count = Math.ceil(room / stride) + 1;
  return (count - 1) * stride >= endOfInput ? count - 1 : count;
}

/** How many elements of each window of an axis lie between `-before` and `size + after`. */
export function elementsInside(window: PoolingWindow, axis: number, before: number, after: number): readonly number[] {
  const { strides, dilations, pads } = window.options;
  hostSize([window.output[axis]!, window.kernel[axis]!], "the windows of an axis");
  return Array.from({ length: window.output[axis]! }, (_, index) => {
    const start = index * strides[axis]! - pads[axis]!;
    const positions = Array.from({ length: window.kernel[axis]! }, (_element, k) => start + k * dilations[axis]!);
    return positions.filter((at) => at >= -before && at < window.sizes[axis]! + after).length;
  });
}

function refuseEmptyWindows(node: string, window: PoolingWindow): void {
  window.sizes.forEach((_, axis) => {
    if (elementsInside(window, axis, 0, 0).includes(0)) {
      throw unsupportedAttribute(`${node}: a window of axis ${axis + 2} sees nothing but padding`, { hint: "Use smaller 'pads'." });
    }
  });
}
