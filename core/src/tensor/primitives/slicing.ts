import { shapeError } from "../../plugin/errors.js";
import type { Shape } from "../../plugin/tensor.js";
import { definePrimitive, type Primitive } from "../ir.js";
import { sameShape, showShape, sizeOf, stridesOf, walk } from "../shapes.js";
import { uniformValue } from "./leaves.js";
import { uniform } from "./shape.js";

interface SliceAttributes {
  readonly starts: readonly number[];
  readonly sizes: readonly number[];
  readonly steps: readonly number[];
}

export const slicePrimitive: Primitive = definePrimitive<SliceAttributes>({
  name: "slice",
  takes: ["anything"],
  moves: true,
  infer: ([x], { starts, sizes, steps }) => {
    const fits =
      [starts, sizes, steps].every((list) => list.length === x!.shape.length) &&
      sizes.every((size, axis) => size === 0 || liesWithin(x!.shape[axis]!, starts[axis]!, size, steps[axis]!));
    if (!fits) throw shapeError(`slice: [${sizes}] from [${starts}] by [${steps}] of ${showShape(x!.shape)}`);
    return { shape: sizes, dtype: x!.dtype };
  },
  simplify: (t, [x], { sizes }) => (sameShape(x!.shape, sizes) ? x : uniform(t, x!, sizes)),
  gradient: (t, { inputs: [x], attributes: { starts, sizes, steps } }, g) => {
    const last = starts.map((start, axis) => start + (sizes[axis]! - 1) * steps[axis]!);
    const behind = x!.shape.map((size, axis) => size - last[axis]! - 1);
    return [
      t.pad(
        g,
        starts,
        behind,
        0,
        steps.map((step) => step - 1),
      ),
    ];
  },
  lower: (emitter, node, [x]) => {
    const { starts, sizes, steps } = node.attributes;
    const from = node.inputs[0]!.shape;
    const axes = sizes.flatMap((size, axis) => (size === from[axis] ? [] : [axis]));
    const pick = (of: (axis: number) => number): string => emitter.ints(axes.map(of));
    const stops = pick((axis) => starts[axis]! + (sizes[axis]! - 1) * steps[axis]! + 1);
    const operands = [pick((axis) => starts[axis]!), stops, pick((axis) => axis + 2), pick((axis) => steps[axis]!)];
    return emitter.node("Slice", [x!, ...operands]);
  },
  evaluate: ([x], { starts, steps }, { shape }) => {
    const result = new Float64Array(sizeOf(shape));
    const strides = stridesOf(x!.shape);
    const start = starts.reduce((sum, at, axis) => sum + at * strides[axis]!, 0);
    const steppedStrides = strides.map((stride, axis) => stride * steps[axis]!);
    walk(shape, steppedStrides, start, (offset, i) => (result[i] = x!.data[offset]!));
    return result;
  },
});

function liesWithin(length: number, start: number, size: number, step: number): boolean {
  return start >= 0 && step >= 1 && start + (size - 1) * step < length;
}

export const flipPrimitive: Primitive = definePrimitive<{ readonly axes: readonly number[] }>({
  name: "flip",
  takes: ["anything"],
  infer: ([x], { axes }) => {
    const exist = axes.every((axis) => axis >= 0 && axis < x!.shape.length);
    if (!exist) throw shapeError(`flip: axes [${axes.join(", ")}] of a shape ${showShape(x!.shape)}`);
    return { shape: x!.shape, dtype: x!.dtype };
  },
  simplify: (t, [x], { axes }) => (axes.every((axis) => x!.shape[axis] === 1) ? x : uniform(t, x!, x!.shape)),
  gradient: (t, { attributes: { axes } }, g) => [t.flip(g, axes)],
  lower: (emitter, node, [x]) => {
    const { axes } = node.attributes;
    const ends = emitter.ints(axes.map(() => -Number.MAX_SAFE_INTEGER));
    const back = emitter.ints(axes.map(() => -1));
    return emitter.node("Slice", [x!, back, ends, emitter.ints(axes.map((axis) => axis + 2)), back]);
  },
  evaluate: ([x], { axes }, { shape }) => {
    const result = new Float64Array(x!.data.length);
    const strides = stridesOf(shape);
    const start = axes.reduce((sum, axis) => sum + (shape[axis]! - 1) * strides[axis]!, 0);
    const turned = strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride));
    walk(shape, turned, start, (offset, i) => (result[i] = x!.data[offset]!));
    return result;
  },
});

interface PadAttributes {
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly interior: readonly number[];
  readonly value: number;
}

function paddedShape(shape: Shape, { low, high, interior }: PadAttributes): number[] {
  return shape.map((size, axis) => low[axis]! + high[axis]! + size + Math.max(0, size - 1) * interior[axis]!);
}

export const padPrimitive: Primitive = definePrimitive<PadAttributes>({
  name: "pad",
  takes: ["anything"],
  infer: ([x], attributes) => {
    const lists = [attributes.low, attributes.high, attributes.interior];
    const fit = lists.every((list) => list.length === x!.shape.length && list.every((count) => count >= 0));
    if (!fit) throw shapeError(`pad: [${lists.join("], [")}] around ${showShape(x!.shape)}`);
    return { shape: paddedShape(x!.shape, attributes), dtype: x!.dtype };
  },
  simplify: (t, [x], attributes) => {
    const shape = paddedShape(x!.shape, attributes);
    if (sameShape(shape, x!.shape)) return x;
    return uniformValue(x!) === attributes.value ? t.typedFull(shape, attributes.value, x!.dtype) : undefined;
  },
  gradient: (t, { inputs: [x], attributes: { low, interior } }, g) => {
    const steps = interior.map((gap) => gap + 1);
    const stops = low.map((start, axis) => start + (x!.shape[axis]! - 1) * steps[axis]! + 1);
    return [t.slice(g, low, stops, steps)];
  },
  lower: (emitter, node, [x]) => {
    const { low, high, interior, value } = node.attributes;
    const fill = emitter.initializer({ shape: [], dtype: node.dtype, data: Float64Array.of(value) }, []);
    let result = x!;
    const dims = [...emitter.dims(node.inputs[0]!)];
    // A gap behind each element comes from a new axis that is padded and merged; the last gap is cut off again.
    interior.forEach((gap, axis) => {
      const size = node.inputs[0]!.shape[axis]!;
      if (gap === 0 || size === 1) return;
      const at = axis + 2;
      const split = [...dims.slice(0, at + 1), 1, ...dims.slice(at + 1)];
      result = emitter.reshape(result, dims, split);
      const pads = new Array<number>(2 * split.length).fill(0);
      pads[split.length + at + 1] = gap;
      result = emitter.node("Pad", [result, emitter.ints(pads), fill]);
      split[at + 1] = gap + 1;
      dims[at] = size * (gap + 1);
      result = emitter.reshape(result, split, dims);
      dims[at] = (size - 1) * (gap + 1) + 1;
      const cut = [[0], [dims[at] as number], [at], [1]].map((values) => emitter.ints(values));
      result = emitter.node("Slice", [result, ...cut]);
    });
    if ([...low, ...high].every((count) => count === 0)) return result;
    return emitter.node("Pad", [result, emitter.ints([0, 0, ...low, 0, 0, ...high]), fill]);
  },
  evaluate: ([x], { low, interior, value }, { shape }) => {
    const result = new Float64Array(sizeOf(shape)).fill(value);
    const strides = stridesOf(shape);
    const start = low.reduce((sum, at, axis) => sum + at * strides[axis]!, 0);
    const apart = strides.map((stride, axis) => stride * (interior[axis]! + 1));
    walk(x!.shape, apart, start, (offset, i) => (result[offset] = x!.data[i]!));
    return result;
  },
});
