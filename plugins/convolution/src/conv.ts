import {
  defineOperator,
  halfBefore,
  isSame,
  samePadding,
  shapeError,
  sizeOf,
  type AttributeContext,
  type AutoPad,
  type ConvOptions,
  type Operator,
  type WindowAxis,
} from "@lirpa/core/plugin";
import {
  convolutionAttributes,
  misfit,
  readConvolution,
  type ConvolutionAttributes,
} from "./convolution-attributes.js";
import { WINDOW_PRODUCT, windowTerms, withBias, type Operands } from "./window-terms.js";

interface ConvAttributes {
  /** Of W, the first two: outputs, and channels of a group. */
  readonly weights: readonly [number, number];
  readonly options: ConvOptions;
  readonly kernel: readonly number[];
}

/** Grouped, strided, dilated cross-correlation over one to three spatial axes. */
export const conv: Operator = defineOperator({
  type: "Conv",
  kind: "bilinear",
  ...WINDOW_PRODUCT,
  attributes: convolutionAttributes,
  derive: read,
  forward: ({ t, attributes }, x, w, bias) => withBias(t, t.conv(x, w, attributes.options), bias),
  terms: ({ t, attributes }, x, w) => {
    const {
      kernel,
      options,
      weights: [outputs, channels],
    } = attributes;
    const kernels = { groups: options.groups, perGroup: outputs / options.groups, channels, elements: sizeOf(kernel) };
    return windowTerms(t, t.windows(x, kernel, options), w, kernels);
  },
});

function read(attributes: ConvolutionAttributes, context: AttributeContext<Operands>): ConvAttributes {
  const { node, shapes } = context;
  const { channels, weights, kernel, axes, autoPad, groups } = readConvolution(attributes, context);
  const [outputs, perGroup] = weights;
  if (channels !== perGroup * groups || outputs % groups !== 0) throw misfit(node, channels, shapes[1], groups);
  const padded = axes.map((axis) => paddingOf(node, axis, autoPad));
  const options = {
    strides: axes.map(({ stride }) => stride),
    dilations: axes.map(({ dilation }) => dilation),
    pads: [...padded.map(({ begin }) => begin), ...padded.map(({ end }) => end)],
    groups,
  };
  return { weights, kernel, options };
}

function paddingOf(node: string, at: WindowAxis, autoPad: AutoPad): { readonly begin: number; readonly end: number } {
  const { axis, size, extent } = at;
  const same = isSame(autoPad) ? samePadding(at) : undefined;
  const begin = same === undefined ? at.begin : halfBefore(same, autoPad);
  const end = same === undefined ? at.end : same - begin;
  if (size + begin + end < extent) {
    throw shapeError(`${node}: the kernel spans ${extent} elements of axis ${axis}, which has ${size} and its padding`);
  }
  return { begin, end };
}
