import {
  attributeError,
  shapeError,
  unsupportedAttribute,
  type AttributeContext,
  type AttributeValue,
  type RawAttributes,
  type WindowOptions,
} from "@lirpa/core/plugin";

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

const AUTO_PADS: readonly AttributeValue[] = ["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"];

export function poolingWindow(raw: RawAttributes, { node, shapes }: AttributeContext): PoolingWindow {
  const [batch, channels, ...sizes] = spatialShape(node, shapes[0]);
  const ones = sizes.map(() => 1);
  if (raw["kernel_shape"] === undefined) throw attributeError(`${node}: the attribute 'kernel_shape' is missing`);
  const kernel = integers(node, raw, "kernel_shape", ones, 1);
  const strides = integers(node, raw, "strides", ones, 1);
  const dilations = integers(node, raw, "dilations", ones, 1);
  const pads = integers(node, raw, "pads", [...ones, ...ones].fill(0), 0);
  const autoPad = parseAutoPad(node, raw, pads, dilations);
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

export function spatialShape(node: string, shape: readonly number[] | undefined): readonly [number, number, ...number[]] {
  if (shape === undefined) throw shapeError(`${node}: the shape of X is not known`);
  if (shape.length < 3) throw shapeError(`${node}: X [${shape.join(", ")}] needs three axes or more: batch, channels and spatial axes`);
  if (shape.length > 5) {
    throw unsupportedAttribute(`${node}: ${shape.length - 2} spatial axes are not supported`, { hint: "One, two and three are." });
  }
  return shape as unknown as readonly [number, number, ...number[]];
}

function parseAutoPad(node: string, raw: RawAttributes, pads: readonly number[], dilations: readonly number[]): string {
  // An empty string is how some exporters write the default.
  const value = raw["auto_pad"] || "NOTSET";
  if (typeof value !== "string" || !AUTO_PADS.includes(value)) {
    throw attributeError(`${node}: auto_pad is '${String(value)}'`, { hint: `It must be one of ${AUTO_PADS.join(", ")}.` });
  }
  if (value !== "NOTSET" && pads.some((pad) => pad !== 0)) {
    throw attributeError(`${node}: 'pads' and auto_pad ${value} exclude each other`, { hint: "Drop one of the two attributes." });
  }
  if (value.startsWith("SAME") && dilations.some((dilation) => dilation !== 1)) {
    throw unsupportedAttribute(`${node}: auto_pad ${value} with dilations is not supported`, {
      hint: "Runtimes disagree on its output's shape; give 'pads' instead.",
    });
  }
  return value;
}

/** A list of integers of the fallback's length, each at least `min`. */
function integers(node: string, raw: RawAttributes, name: string, fallback: readonly number[], min: number): readonly number[] {
  const value = raw[name] ?? fallback;
  const valid = Array.isArray(value) && value.length === fallback.length && value.every((n) => Number.isInteger(n) && n >= min);
  if (!valid) {
    throw attributeError(`${node}: '${name}' is [${String(value)}]`, { hint: `It must hold ${fallback.length} integers of at least ${min}.` });
  }
  return value as readonly number[];
}
