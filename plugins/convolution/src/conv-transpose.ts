import {
  defineOperator,
  halfBefore,
  ints,
  isSame,
  nth,
  perAxis,
  shapeError,
  sizeOf,
  unsupportedAttribute,
  type AttributeContext,
  type AutoPad,
  type ConvTransposeOptions,
  type Operator,
  type RuleContext,
  type Tensor,
  type WindowAxis,
} from "@lirpa/core/plugin";
import {
  convolutionAttributes,
  misfit,
  readConvolution,
  type ConvolutionAttributes,
} from "./convolution-attributes.js";
import { WINDOW_PRODUCT, windowTerms, withBias, type Operands } from "./window-terms.js";

interface ConvTransposeAttributes {
  /** Of W, the first two: channels, and outputs of a group. */
  readonly weights: readonly [number, number];
  readonly options: ConvTransposeOptions;
  readonly kernel: readonly number[];
  /** How far X reaches beyond itself, or is cut, so that windows of stride one yield the output. */
  readonly reach: readonly Reach[];
}

interface Reach {
  readonly low: number;
  readonly high: number;
  readonly interior: number;
}

interface Read extends ConvolutionAttributes {
  readonly output_padding: readonly number[] | undefined;
  readonly output_shape: readonly number[] | undefined;
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
  attributes: {
    ...convolutionAttributes,
    output_padding: ints().atLeast(0).optional(),
    output_shape: ints().atLeast(1).optional(),
  },
  derive: read,
  forward: ({ t, attributes }, x, w, bias) => withBias(t, t.convTranspose(x, w, attributes.options), bias),
  // A correlation of X, with strides − 1 zeros between its elements, with the kernel in reverse order.
  terms: (context, x, w) => {
    const { t, attributes } = context;
    const {
      kernel,
      options: { groups, dilations },
      weights: [inputs, perGroup],
    } = attributes;
    const kernels = { groups, perGroup, channels: inputs / groups, elements: sizeOf(kernel) };
    const ones = kernel.map(() => 1);
    const reversed = t.flip(
      w,
      kernel.map((_, axis) => axis + 2),
    );
    const grouped = t.reshape(reversed, [groups, kernels.channels, perGroup, kernels.elements]);
    const window = { strides: ones, dilations, pads: [...kernel, ...kernel].fill(0) };
    return windowTerms(
      t,
      t.windows(stretched(context, x), kernel, window),
      t.transpose(grouped, [0, 2, 1, 3]),
      kernels,
    );
  },
});

/** X with zeros between and around its elements, so that windows of stride one yield the output. */
function stretched({ t, attributes: { reach } }: RuleContext<ConvTransposeAttributes>, x: Tensor): Tensor {
  const low = [0, 0, ...reach.map((axis) => axis.low)];
  const high = [0, 0, ...reach.map((axis) => axis.high)];
  const interior = [0, 0, ...reach.map((axis) => axis.interior)];
  const positive = (n: number): number => Math.max(n, 0);
  const padded = t.pad(x, low.map(positive), high.map(positive), 0, interior);
  // Where the output leaves out more than a kernel, X loses elements instead.
  const starts = low.map((n) => positive(-n));
  const stops = high.map((n, axis) => nth(padded.shape, axis) - positive(-n));
  return [...low, ...high].every((n) => n >= 0) ? padded : t.slice(padded, starts, stops);
}

function read(attributes: Read, context: AttributeContext<Operands>): ConvTransposeAttributes {
  const { node, shapes } = context;
  const { channels, weights, kernel, axes, autoPad, groups } = readConvolution(attributes, context);
  if (channels !== weights[0] || channels % groups !== 0) throw misfit(node, channels, shapes[1], groups);
  const extras = perAxis(node, "output_padding", attributes.output_padding ?? kernel.map(() => 0), kernel.length);
  const wanted = attributes.output_shape && perAxis(node, "output_shape", attributes.output_shape, kernel.length);
  const cuts = axes.map((axis, i) => {
    const { begin, size } = cut(node, axis, autoPad, nth(extras, i), wanted && nth(wanted, i));
    const surplus = fullSize(axis) - begin - size;
    return { ...axis, begin, end: Math.max(surplus, 0), extra: Math.max(-surplus, 0) };
  });
  const options = {
    strides: cuts.map(({ stride }) => stride),
    dilations: cuts.map(({ dilation }) => dilation),
    groups,
    pads: [...cuts.map(({ begin }) => begin), ...cuts.map(({ end }) => end)],
    outputPadding: cuts.map(({ extra }) => extra),
  };
  const reach = cuts.map(({ extent, begin, end, extra, stride }) => ({
    low: extent - 1 - begin,
    high: extent - 1 - end + extra,
    interior: stride - 1,
  }));
  return { weights, kernel, options, reach };
}

/** The size of the sum of all shifted kernels. */
function fullSize({ size, stride, extent }: WindowAxis): number {
  return stride * (size - 1) + extent;
}

function cut(node: string, at: WindowAxis, autoPad: AutoPad, extra: number, wanted: number | undefined): Cut {
  const { axis, stride } = at;
  if (extra >= stride) {
    throw unsupportedAttribute(`${node}: output_padding ${extra} of axis ${axis} is not supported`, {
      hint: `It must be less than the stride, ${stride}; ONNX Runtime does not run it either.`,
    });
  }
  const natural = fullSize(at) + extra;
  const { begin, size } =
    wanted === undefined ? ofPads(node, at, autoPad, natural) : ofShape(node, at, autoPad, natural, wanted);
  if (size < 1) throw shapeError(`${node}: axis ${axis} of the output has no elements`);
  return { begin, size };
}

/** Explicit pads are ignored then, says ONNX. */
function ofShape(node: string, at: WindowAxis, autoPad: AutoPad, natural: number, size: number): Cut {
  // ONNX's formula for a negative padding is read in two ways. ONNX Runtime adds zeros at the end, up to a stride.
  if (size - fullSize(at) >= at.stride && size > natural) {
    throw unsupportedAttribute(`${node}: output_shape ${size} of axis ${at.axis} is too large for its input`, {
      hint: `At most ${fullSize(at) + at.stride - 1} is supported.`,
    });
  }
  return { begin: halfBefore(Math.max(natural - size, 0), autoPad), size };
}

function ofPads(node: string, at: WindowAxis, autoPad: AutoPad, natural: number): Cut {
  if (!isSame(autoPad)) return { begin: at.begin, size: natural - at.begin - at.end };
  const size = at.size * at.stride;
  if (size > natural) {
    throw unsupportedAttribute(`${node}: auto_pad ${autoPad} with a kernel smaller than the stride is not supported`, {
      hint: "Runtimes disagree on its output's shape; give 'pads' and 'output_padding' instead.",
    });
  }
  return { begin: halfBefore(natural - size, autoPad), size };
}
