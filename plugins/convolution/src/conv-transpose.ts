import {
  defineOperator,
  shapeError,
  unsupportedAttribute,
  type AttributeContext,
  type ConvTransposeOptions,
  type Operator,
  type RawAttributes,
  type RuleContext,
  type Tensor,
} from "@lirpa/core/plugin";
import { half, integers, windowAttributes, type WindowAttributes } from "./window-attributes.js";
import { WINDOW_PRODUCT, windowTerms, withBias } from "./window-terms.js";

interface ConvTransposeAttributes {
  readonly options: ConvTransposeOptions;
  readonly kernel: readonly number[];
}

/** Where the output begins in the sum of all shifted kernels, and its size, along one axis. */
interface Cut {
  readonly begin: number;
  readonly size: number;
}

/** The adjoint of Conv: every element of X adds its multiple of the kernel to the output. */
export const convTranspose: Operator = defineOperator({
  type: "ConvTranspose",
  kind: "bilinear",
  ...WINDOW_PRODUCT,
  attributes: parse,
  forward: ({ t, attributes }, x, w, bias) => withBias(t, t.convTranspose(x, w, attributes.options), bias),
  // A correlation of X, with strides − 1 zeros between its elements, with the kernel in reverse order.
  terms: (context, x, w) => {
    const { t, attributes } = context;
    const { kernel, options } = attributes;
    const [channels, perGroup] = w.shape as readonly [number, number];
    const elements = kernel.reduce((product, size) => product * size, 1);
    const ones = kernel.map(() => 1);
    const reversed = t.flip(w, kernel.map((_, axis) => axis + 2));
    const grouped = t.reshape(reversed, [options.groups, channels / options.groups, perGroup, elements]);
    const window = { strides: ones, dilations: options.dilations, pads: [...kernel, ...kernel].fill(0) };
    return windowTerms(t, t.windows(stretched(context, x), kernel, window), t.transpose(grouped, [0, 2, 1, 3]));
  },
});

/** X with zeros between and around its elements, so that windows of stride one yield the output. */
function stretched({ t, attributes }: RuleContext<ConvTransposeAttributes>, x: Tensor): Tensor {
  const { kernel, options } = attributes;
  const { strides, dilations, pads, outputPadding } = options;
  const low = [0, 0, ...kernel.map((size, axis) => (size - 1) * dilations[axis]! - pads[axis]!)];
  const high = [0, 0, ...kernel.map((size, axis) => (size - 1) * dilations[axis]! - pads[axis + kernel.length]! + outputPadding[axis]!)];
  const interior = [0, 0, ...strides.map((stride) => stride - 1)];
  const positive = (n: number): number => Math.max(n, 0);
  const padded = t.pad(x, low.map(positive), high.map(positive), 0, interior);
  // Where the output leaves out more than a kernel, X loses elements instead.
  const starts = low.map((n) => positive(-n));
  const stops = high.map((n, axis) => padded.shape[axis]! - positive(-n));
  return [...low, ...high].every((n) => n >= 0) ? padded : t.slice(padded, starts, stops);
}

function parse(raw: RawAttributes, context: AttributeContext): ConvTransposeAttributes {
  const { node } = context;
  const window = windowAttributes(raw, context);
  const { channels, weight, kernel, strides, dilations, groups } = window;
  if (channels !== weight[0] || channels % groups !== 0) {
    throw shapeError(`${node}: ${channels} channels and W [${weight.join(", ")}] do not fit ${groups} groups`);
  }
  const cuts = window.sizes.map((_, axis) => cut(raw, window, axis, node));
  const surplus = cuts.map(({ begin, size }, axis) => fullSize(window, axis) - begin - size);
  const pads = [...cuts.map(({ begin }) => begin), ...surplus.map((n) => Math.max(n, 0))];
  const outputPadding = surplus.map((n) => Math.max(-n, 0));
  return Object.freeze({ kernel, options: Object.freeze({ strides, dilations, groups, pads, outputPadding }) });
}

/** The size of the sum of all shifted kernels. */
function fullSize({ sizes, kernel, strides, dilations }: WindowAttributes, axis: number): number {
  return strides[axis]! * (sizes[axis]! - 1) + (kernel[axis]! - 1) * dilations[axis]! + 1;
}

function cut(raw: RawAttributes, window: WindowAttributes, axis: number, node: string): Cut {
  const { sizes, strides, autoPad, pads } = window;
  const stride = strides[axis]!;
  const extra = integers(node, raw, "output_padding", sizes.map(() => 0), 0)[axis]!;
  if (extra >= stride) {
    throw unsupportedAttribute(`${node}: output_padding ${extra} of axis ${axis + 2} is not supported`, {
      hint: `It must be less than the stride, ${stride}; ONNX Runtime does not run it either.`,
    });
  }
  const natural = fullSize(window, axis) + extra;
  let size = natural - pads[axis]! - pads[axis + sizes.length]!;
  let begin = pads[axis]!;
  if (raw["output_shape"] !== undefined) {
    // Explicit pads are ignored then, says ONNX.
    size = integers(node, raw, "output_shape", sizes, 1)[axis]!;
    // ONNX's formula for a negative padding is read in two ways. ONNX Runtime adds zeros at the end, up to a stride.
    if (size - fullSize(window, axis) >= stride && size > natural) {
      throw unsupportedAttribute(`${node}: output_shape ${size} of axis ${axis + 2} is too large for its input`, {
        hint: `At most ${fullSize(window, axis) + stride - 1} is supported.`,
      });
    }
    begin = half(Math.max(natural - size, 0), autoPad);
  } else if (autoPad === "SAME_UPPER" || autoPad === "SAME_LOWER") {
    size = sizes[axis]! * stride;
    if (size > natural) {
      throw unsupportedAttribute(`${node}: auto_pad ${autoPad} with a kernel smaller than the stride is not supported`, {
        hint: "Runtimes disagree on its output's shape; give 'pads' and 'output_padding' instead.",
      });
    }
    begin = half(natural - size, autoPad);
  }
  if (size < 1) throw shapeError(`${node}: axis ${axis + 2} of the output has no elements`);
  return { begin, size };
}
