import {
  defineOperator,
  shapeError,
  type AttributeContext,
  type ConvOptions,
  type Operator,
  type RawAttributes,
} from "@lirpa/core/plugin";
import { half, windowAttributes, type WindowAttributes } from "./window-attributes.js";
import { WINDOW_PRODUCT, windowTerms, withBias } from "./window-terms.js";

interface ConvAttributes {
  readonly options: ConvOptions;
  readonly kernel: readonly number[];
}

/** Grouped, strided, dilated cross-correlation over one to three spatial axes. */
export const conv: Operator = defineOperator({
  type: "Conv",
  kind: "bilinear",
  ...WINDOW_PRODUCT,
  attributes: parse,
  forward: ({ t, attributes }, x, w, bias) => withBias(t, t.conv(x, w, attributes.options), bias),
  terms: ({ t, attributes }, x, w) => {
    const { kernel, options } = attributes;
    const [outputs, channels] = w.shape as readonly [number, number];
    const elements = kernel.reduce((product, size) => product * size, 1);
    return windowTerms(
      t,
      t.windows(x, kernel, options),
      t.reshape(w, [options.groups, outputs / options.groups, channels, elements]),
    );
  },
});

function parse(raw: RawAttributes, context: AttributeContext): ConvAttributes {
  const window = windowAttributes(raw, context);
  const { channels, weight, kernel, strides, dilations, groups } = window;
  if (channels !== weight[1]! * groups || weight[0]! % groups !== 0) {
    throw shapeError(`${context.node}: ${channels} channels and W [${weight.join(", ")}] do not fit ${groups} groups`);
  }
  return Object.freeze({ kernel, options: Object.freeze({ strides, dilations, groups, pads: resolvePads(window, context.node) }) });
}

function resolvePads({ sizes, kernel, strides, dilations, autoPad, pads }: WindowAttributes, node: string): readonly number[] {
  const begins = sizes.map((_, axis) => pads[axis]!);
  const ends = sizes.map((_, axis) => pads[axis + sizes.length]!);
  sizes.forEach((size, axis) => {
    const extent = (kernel[axis]! - 1) * dilations[axis]! + 1;
    if (autoPad === "SAME_UPPER" || autoPad === "SAME_LOWER") {
      // As many outputs as strides begin in the input.
      const total = Math.max(0, (Math.ceil(size / strides[axis]!) - 1) * strides[axis]! + extent - size);
      begins[axis] = half(total, autoPad);
      ends[axis] = total - begins[axis]!;
    }
    if (size + begins[axis]! + ends[axis]! < extent) {
      throw shapeError(`${node}: the kernel spans ${extent} elements of axis ${axis + 2}, which has ${size} and its padding`);
    }
  });
  return [...begins, ...ends];
}
