import { shapeError } from "../../plugin/errors.js";
import type { ConvOptions, ConvTransposeOptions, Shape } from "../../plugin/tensor.js";
import { definePrimitive, type IrNode, type Primitive } from "../ir.js";
import { showShape, sizeOf, stridesOf, walk } from "../shapes.js";
import { convWeightGradient } from "../windows.js";
import { lowerConv, lowerConvTranspose } from "./convolution-lowering.js";
import { uniformValue } from "./leaves.js";

function convShape(x: Shape, w: Shape, { strides, pads, dilations }: ConvOptions): number[] {
  const spatial = x.length - 2;
  const result = [x[0]!, w[0]!];
  for (let axis = 0; axis < spatial; axis++) {
    const reach = (w[axis + 2]! - 1) * dilations[axis]! + 1;
    result.push(Math.floor((x[axis + 2]! + pads[axis]! + pads[axis + spatial]! - reach) / strides[axis]!) + 1);
  }
  return result;
}

function checkConv(
  name: string,
  x: IrNode,
  w: IrNode,
  channels: number | undefined,
  { strides, pads, dilations }: ConvOptions,
): void {
  const spatial = x.shape.length - 2;
  const shapes = `input ${showShape(x.shape)} and kernel ${showShape(w.shape)}`;
  const fits = spatial >= 1 && w.shape.length === spatial + 2 && x.shape[1] === channels;
  if (!fits || strides.length !== spatial || dilations.length !== spatial || pads.length !== 2 * spatial) {
    throw shapeError(`${name}: ${shapes} do not fit each other or the options`);
  }
  if (w.instances || w.rows !== undefined) throw shapeError(`${name}: a kernel with instances or rows`);
}

/** Cross-correlation. The vocabulary writes those by kernels with hidden axes as windows and a product. */
export const convPrimitive: Primitive = definePrimitive<ConvOptions>({
  name: "conv",
  takes: ["floats", "floats"],
  alike: true,
  contraction: true,
  infer: ([x, w], options) => {
    checkConv("conv", x!, w!, w!.shape[1]! * options.groups, options);
    const shape = convShape(x!.shape, w!.shape, options);
    if (shape.some((size) => size < 1)) {
      throw shapeError(`conv: kernel ${showShape(w!.shape)} is larger than the padded input ${showShape(x!.shape)}`);
    }
    return { shape, dtype: "float" };
  },
  simplify: (t, [x, w], options) => {
    const isZero = uniformValue(x!) === 0 || uniformValue(w!) === 0;
    return isZero ? t.typedFull(convShape(x!.shape, w!.shape, options), 0, "float") : undefined;
  },
  gradient: (t, { inputs: [x, w], attributes }, g) => [
    t.convTranspose(g, w!, { ...attributes, outputPadding: leftover(x!.shape, g.shape, w!.shape, attributes) }),
    convWeightGradient(t, x!, g, w!.shape, attributes),
  ],
  lower: (emitter, node, [x, w]) => lowerConv(emitter, node, x!, w!),
  evaluate: ([x, w], options, { shape }) => {
    const result = new Float64Array(sizeOf(shape));
    connect(x!.shape, shape, w!.shape, options, (input, output, weight) => {
      result[output]! += x!.data[input]! * w!.data[weight]!;
    });
    return result;
  },
});

/** Where strides do not divide evenly, the last input elements are seen by no window. */
function leftover(x: Shape, y: Shape, w: Shape, { strides, pads, dilations }: ConvOptions): number[] {
  const spatial = x.length - 2;
  return strides.map((stride, axis) => {
    const reach = (w[axis + 2]! - 1) * dilations[axis]! + 1;
    return x[axis + 2]! - (stride * (y[axis + 2]! - 1) + reach - pads[axis]! - pads[axis + spatial]!);
  });
}

function transposedShape(
  x: Shape,
  w: Shape,
  { strides, pads, dilations, groups, outputPadding }: ConvTransposeOptions,
): number[] {
  const spatial = x.length - 2;
  const sizes = strides.map((stride, axis) => {
    const whole = stride * (x[axis + 2]! - 1) + (w[axis + 2]! - 1) * dilations[axis]! + 1 + outputPadding[axis]!;
    return whole - pads[axis]! - pads[axis + spatial]!;
  });
  return [x[0]!, w[1]! * groups, ...sizes];
}

/** The adjoint of `conv` in its input. */
export const convTransposePrimitive: Primitive = definePrimitive<ConvTransposeOptions>({
  name: "convTranspose",
  takes: ["floats", "floats"],
  alike: true,
  contraction: true,
  infer: ([x, w], options) => {
    checkConv("convTranspose", x!, w!, w!.shape[0], options);
    return { shape: transposedShape(x!.shape, w!.shape, options), dtype: "float" };
  },
  simplify: (t, [x, w], options) => {
    const isZero = uniformValue(x!) === 0 || uniformValue(w!) === 0;
    return isZero ? t.typedFull(transposedShape(x!.shape, w!.shape, options), 0, "float") : undefined;
  },
  gradient: (t, { inputs: [x, w], attributes }, g) => [
    t.conv(g, w!, attributes),
    convWeightGradient(t, g, x!, w!.shape, attributes),
  ],
  lower: (emitter, node, [x, w]) => lowerConvTranspose(emitter, node, x!, w!),
  evaluate: ([x, w], options, { shape }) => {
    const result = new Float64Array(sizeOf(shape));
    connect(shape, x!.shape, w!.shape, options, (input, output, weight) => {
      result[input]! += x!.data[output]! * w!.data[weight]!;
    });
    return result;
  },
});

/** Visits every (input element, output element, weight) that a convolution connects. */
function connect(
  x: Shape,
  y: Shape,
  w: Shape,
  { strides, pads, dilations, groups }: ConvOptions,
  visit: (input: number, output: number, weight: number) => void,
): void {
  const [xs, ys, ws] = [stridesOf(x), stridesOf(y), stridesOf(w)];
  const perGroup = w[0]! / groups;
  const kernel = w.slice(2);
  const positions = y.slice(2);
  const none = new Array<number>(kernel.length).fill(0);
  walk(positions, ys.slice(2), 0, (yOffset, index) => {
    const position = unravel(index, positions);
    walk(kernel, none, 0, (_, element) => {
      const offset = unravel(element, kernel);
      const at = position.map((p, axis) => p * strides[axis]! + offset[axis]! * dilations[axis]! - pads[axis]!);
      if (at.some((p, axis) => p < 0 || p >= x[axis + 2]!)) return;
      const xOffset = at.reduce((sum, p, axis) => sum + p * xs[axis + 2]!, 0);
      for (let b = 0; b < x[0]!; b++) {
        for (let co = 0; co < w[0]!; co++) {
          const firstIn = Math.floor(co / perGroup) * w[1]!;
          for (let ci = 0; ci < w[1]!; ci++) {
            const input = b * xs[0]! + (firstIn + ci) * xs[1]! + xOffset;
            visit(input, b * ys[0]! + co * ys[1]! + yOffset, co * ws[0]! + ci * ws[1]! + element);
          }
        }
      }
    });
  });
}

function unravel(index: number, shape: Shape): number[] {
  const result = new Array<number>(shape.length);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    result[axis] = index % shape[axis]!;
    index = Math.floor(index / shape[axis]!);
  }
  return result;
}
