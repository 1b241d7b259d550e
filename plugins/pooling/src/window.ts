import {
  attributeError,
  flag,
  halfBefore,
  hostSize,
  isSame,
  samePadding,
  shapeError,
  spatialShape,
  unsupportedAttribute,
  windowAttributes,
  windowAxes,
  type AttributeContext,
  type AutoPad,
  type Declared,
  type WindowAttributes,
  type WindowAxis,
  type WindowOptions,
} from "@lirpa/core/plugin";

/** What pooling operators read. */
export interface PoolingAttributes extends WindowAttributes {
  readonly ceil_mode: boolean;
}

export const poolingAttributes: Declared<PoolingAttributes> = { ...windowAttributes, ceil_mode: flag(false) };

/** The windows of a pooling operator; one entry per spatial axis. */
export interface PoolingWindow {
  readonly batch: number;
  readonly channels: number;
  readonly axes: readonly PooledAxis[];
  readonly sizes: readonly number[];
  readonly kernel: readonly number[];
  readonly output: readonly number[];
  readonly options: WindowOptions;
}

/** A spatial axis with its windows. */
export interface PooledAxis extends WindowAxis {
  /** The number of windows. */
  readonly output: number;
  /** Padding that reaches exactly as far as the last window, whatever the attributes say. */
  readonly end: number;
  /** The end padding that the attributes ask for. */
  readonly declaredEnd: number;
}

export function poolingWindow(
  attributes: PoolingAttributes,
  { node, shapes }: AttributeContext<readonly ["X"]>,
): PoolingWindow {
  const [batch, channels, ...sizes] = spatialShape(node, shapes[0]);
  const { kernel_shape: kernel, auto_pad: autoPad, ceil_mode: ceilMode, dilations = [] } = attributes;
  if (kernel === undefined)
    throw attributeError(`${node}: the attribute 'kernel_shape' is missing`, {
      hint: "The ONNX operator requires it.",
    });
  if (isSame(autoPad) && dilations.some((dilation) => dilation !== 1)) {
    throw unsupportedAttribute(`${node}: auto_pad ${autoPad} with dilations is not supported`, {
      hint: "Runtimes disagree on its output's shape; give 'pads' instead.",
    });
  }
  if (ceilMode && autoPad !== "NOTSET") {
    throw unsupportedAttribute(`${node}: ceil_mode 1 with auto_pad ${autoPad} is not supported`, {
      hint: "Runtimes disagree on its output's shape; give 'pads' instead.",
    });
  }
  const axes = windowAxes(node, sizes, kernel, attributes).map((axis) => pooledAxis(node, axis, autoPad, ceilMode));
  const options = {
    strides: axes.map(({ stride }) => stride),
    dilations: axes.map(({ dilation }) => dilation),
    pads: [...axes.map(({ begin }) => begin), ...axes.map(({ end }) => end)],
  };
  return { batch, channels, axes, sizes, kernel, output: axes.map(({ output }) => output), options };
}

function pooledAxis(node: string, at: WindowAxis, autoPad: AutoPad, ceilMode: boolean): PooledAxis {
  const { axis, size, stride, extent } = at;
  const total = isSame(autoPad) ? samePadding(at) : at.begin + at.end;
  const begin = isSame(autoPad) ? halfBefore(total, autoPad) : at.begin;
  const output = windowCount(size + total - extent, stride, ceilMode, size + begin);
  if (output < 1)
    throw shapeError(`${node}: the kernel spans ${extent} elements of axis ${axis}, which has ${size} and its padding`);
  const end = Math.max(0, (output - 1) * stride + extent - begin - size);
  const pooled = { ...at, begin, end, output, declaredEnd: total - begin };
  if (elementsInside(pooled, 0, 0).includes(0)) {
    throw unsupportedAttribute(`${node}: a window of axis ${axis} sees nothing but padding`, {
      hint: "Use smaller 'pads'.",
    });
  }
  return pooled;
}

/**
 * With ceil_mode a last window may begin before and end after the end of the padded input, but not begin in the end
 * padding.
 */
function windowCount(room: number, stride: number, ceilMode: boolean, endOfInput: number): number {
  if (!ceilMode) return Math.floor(room / stride) + 1;
  const count = Math.ceil(room / stride) + 1;
  return (count - 1) * stride >= endOfInput ? count - 1 : count;
}

/** How many elements of each window of an axis lie between `-before` and `size + after`. */
export function elementsInside(
  { size, kernel, stride, dilation, begin, output }: PooledAxis,
  before: number,
  after: number,
): readonly number[] {
  hostSize([output, kernel], "the windows of an axis");
  return Array.from({ length: output }, (_, index) => {
    const start = index * stride - begin;
    const positions = Array.from({ length: kernel }, (_element, k) => start + k * dilation);
    return positions.filter((at) => at >= -before && at < size + after).length;
  });
}
