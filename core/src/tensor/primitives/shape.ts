import { shapeError } from "../../plugin/errors.js";
import type { Shape } from "../../plugin/tensor.js";
import { definePrimitive, type IrNode, type Primitive } from "../ir.js";
import { broadcastStrides, sameShape, showShape, sizeOf, stridesOf, walk } from "../shapes.js";
import type { Vocabulary } from "../vocabulary.js";
import { eyePrimitive, uniformValue } from "./leaves.js";
import { pickedEyePrimitive } from "./rows.js";

/** What only moves elements turns a uniform constant into a uniform constant. */
export function uniform(t: Vocabulary, x: IrNode, shape: Shape): IrNode | undefined {
  const value = uniformValue(x);
  return value === undefined ? undefined : t.typedFull(shape, value, x.dtype);
}

export const reshapePrimitive: Primitive = definePrimitive<{ readonly shape: Shape }>({
  name: "reshape",
  takes: ["anything"],
  view: true,
  moves: true,
  infer: ([x], { shape }) => {
    if (sizeOf(x!.shape) !== sizeOf(shape)) {
      throw shapeError(`${showShape(x!.shape)} does not reshape to ${showShape(shape)}`);
    }
    return { shape, dtype: x!.dtype };
  },
  simplify: (t, [x], { shape }) => {
    if (sameShape(x!.shape, shape)) return x;
    if (x!.primitive === reshapePrimitive) return t.reshape(x!.inputs[0]!, shape);
    if (sizeOf(x!.shape) !== sizeOf(shape)) return undefined;
    if (x!.primitive === eyePrimitive) return t.eye(shape, x!.rows!);
    if (x!.primitive === pickedEyePrimitive) return t.pickedEye(x!.inputs[0]!, shape);
    return uniform(t, x!, shape);
  },
  gradient: (t, { inputs: [x] }, g) => [t.reshape(g, x!.shape)],
  lower: (emitter, node, [x]) => emitter.reshape(x!, emitter.dims(node.inputs[0]!), emitter.dims(node)),
  evaluate: ([x]) => Float64Array.from(x!.data),
});

export const transposePrimitive: Primitive = definePrimitive<{ readonly permutation: readonly number[] }>({
  name: "transpose",
  takes: ["anything"],
  moves: true,
  infer: ([x], { permutation }) => {
    const rank = x!.shape.length;
    const isOne = permutation.length === rank && x!.shape.every((_, axis) => permutation.includes(axis));
    if (!isOne) throw shapeError(`[${permutation.join(", ")}] is no permutation of ${rank} axes`);
    return { shape: permutation.map((axis) => x!.shape[axis]!), dtype: x!.dtype };
  },
  simplify: (t, [x], { permutation }) => {
    if (permutation.every((axis, at) => axis === at)) return x;
    const shape = permutation.map((axis) => x!.shape[axis]!);
    // Moving only axes of size 1 is a reshape.
    const moved = permutation.filter((axis) => x!.shape[axis] !== 1);
    if (moved.every((axis, at) => at === 0 || moved[at - 1]! < axis)) return t.reshape(x!, shape);
    if (x!.primitive === transposePrimitive) {
      const first = (x!.attributes as { permutation: readonly number[] }).permutation;
      return t.transpose(
        x!.inputs[0]!,
        permutation.map((axis) => first[axis]!),
      );
    }
    return uniform(t, x!, shape);
  },
  gradient: (t, { attributes: { permutation } }, g) => {
    const inverse = new Array<number>(permutation.length);
    permutation.forEach((axis, at) => (inverse[axis] = at));
    return [t.transpose(g, inverse)];
  },
  lower: (emitter, node, [x]) => {
    const perm = [0, 1, ...node.attributes.permutation.map((axis) => axis + 2)];
    return emitter.node("Transpose", [x!], { perm });
  },
  evaluate: ([x], { permutation }, { shape }) => {
    const result = new Float64Array(x!.data.length);
    const strides = stridesOf(x!.shape);
    walk(
      shape,
      permutation.map((axis) => strides[axis]!),
      0,
      (offset, i) => (result[i] = x!.data[offset]!),
    );
    return result;
  },
});

function expandsTo(from: Shape, to: Shape): boolean {
  const lead = to.length - from.length;
  return lead >= 0 && from.every((size, axis) => size === 1 || size === to[axis + lead]);
}

export const expandPrimitive: Primitive = definePrimitive<{ readonly shape: Shape }>({
  name: "expand",
  takes: ["anything"],
  infer: ([x], { shape }) => {
    if (!expandsTo(x!.shape, shape)) throw shapeError(`${showShape(x!.shape)} does not expand to ${showShape(shape)}`);
    return { shape, dtype: x!.dtype };
  },
  simplify: (t, [x], { shape }) => {
    if (sameShape(x!.shape, shape)) return x;
    if (!expandsTo(x!.shape, shape)) return undefined;
    return sizeOf(x!.shape) === sizeOf(shape) ? t.reshape(x!, shape) : uniform(t, x!, shape);
  },
  gradient: (t, { inputs: [x] }, g) => [t.unbroadcast(g, x!.shape)],
  lower: (emitter, node, inputs) => {
    const [x] = emitter.aligned(node, inputs);
    return emitter.node("Expand", [x!, emitter.ints([1, 1, ...node.shape])]);
  },
  evaluate: ([x], _, { shape }) => {
    const result = new Float64Array(sizeOf(shape));
    walk(shape, broadcastStrides(x!.shape, shape), 0, (offset, i) => (result[i] = x!.data[offset]!));
    return result;
  },
});

export const concatPrimitive: Primitive = definePrimitive<{ readonly axis: number }>({
  name: "concat",
  takes: ["anything"],
  variadic: true,
  alike: true,
  infer: (xs, { axis }) => {
    const first = xs[0]!.shape;
    if (!(axis >= 0 && axis < first.length)) throw shapeError(`concat: axis ${axis} of a shape ${showShape(first)}`);
    for (const { shape } of xs) {
      if (shape.length !== first.length || shape.some((size, at) => at !== axis && size !== first[at])) {
        throw shapeError(`${xs.map((x) => showShape(x.shape)).join(", ")} do not join along axis ${axis}`);
      }
    }
    const total = xs.reduce((sum, { shape }) => sum + shape[axis]!, 0);
    return { shape: first.map((size, at) => (at === axis ? total : size)), dtype: xs[0]!.dtype };
  },
  simplify: (t, xs, { axis }) => {
    if (xs.length === 1) return xs[0];
    const value = uniformValue(xs[0]!);
    if (value === undefined || !xs.every((x) => uniformValue(x) === value)) return undefined;
    const total = xs.reduce((sum, { shape }) => sum + shape[axis]!, 0);
    return t.typedFull(
      xs[0]!.shape.map((size, at) => (at === axis ? total : size)),
      value,
      xs[0]!.dtype,
    );
  },
  gradient: (t, { inputs, attributes: { axis } }, g) => {
    let start = 0;
    return inputs.map((x) => {
      const from = start;
      start += x.shape[axis]!;
      const starts = g.shape.map((_, at) => (at === axis ? from : 0));
      return t.slice(
        g,
        starts,
        g.shape.map((size, at) => (at === axis ? start : size)),
      );
    });
  },
  lower: (emitter, node, inputs) =>
    emitter.node("Concat", emitter.repeatedInputs(node, inputs), { axis: node.attributes.axis + 2 }),
  evaluate: (xs, { axis }, { shape }) => {
    const result = new Float64Array(sizeOf(shape));
    const strides = stridesOf(shape);
    let start = 0;
    for (const x of xs) {
      walk(x.shape, strides, start * strides[axis]!, (offset, i) => (result[offset] = x.data[i]!));
      start += x.shape[axis]!;
    }
    return result;
  },
});
