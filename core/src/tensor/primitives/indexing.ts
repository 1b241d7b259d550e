import { shapeError } from "../../plugin/errors.js";
import { definePrimitive, type IrNode, type Primitive } from "../ir.js";
import { showShape, sizeOf, stridesOf, walk } from "../shapes.js";
import type { Vocabulary } from "../vocabulary.js";
import { constantOf, isConstant, uniformValue } from "./leaves.js";

function gatheredShape(x: IrNode, indices: IrNode, axis: number): number[] {
  return [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
}

function checkAxis(operation: string, { shape }: IrNode, axis: number): void {
  if (axis >= 0 && axis < shape.length) return;
  throw shapeError(`${operation}: axis ${axis} of a shape ${showShape(shape)}`);
}

export const gatherPrimitive: Primitive = definePrimitive<{ readonly axis: number }>({
  name: "gather",
  takes: ["anything", "indices"],
  infer: ([x, indices], { axis }) => {
    checkAxis("gather", x!, axis);
    if (indices!.instances || indices!.rows !== undefined) {
      throw shapeError("gather: indices that differ between instances or rows; use gatherElements");
    }
    return { shape: gatheredShape(x!, indices!, axis), dtype: x!.dtype };
  },
  simplify: (t, [x, indices], { axis }) => {
    const value = uniformValue(x!);
    return value === undefined ? undefined : t.typedFull(gatheredShape(x!, indices!, axis), value, x!.dtype);
  },
  gradient: (t, { inputs: [x, indices], attributes: { axis } }, g) => [scatter(t, g, indices!, axis, x!), undefined],
  lower: (emitter, node, [x, indices]) => {
    const shape = node.inputs[1]!.shape;
    const places = emitter.reshape(indices!, [1, 1, ...shape], shape);
    return emitter.node("Gather", [x!, places], { axis: node.attributes.axis + 2 });
  },
  evaluate: ([x, indices], { axis }, { shape }) => {
    const result = new Float64Array(sizeOf(shape));
    const inner = sizeOf(x!.shape.slice(axis + 1));
    const count = sizeOf(indices!.shape);
    const outer = sizeOf(x!.shape.slice(0, axis));
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < count; i++) {
        const from = (o * x!.shape[axis]! + indices!.data[i]!) * inner;
        result.set(x!.data.subarray(from, from + inner), (o * count + i) * inner);
      }
    }
    return result;
  },
});

/**
 * The adjoint of gather: the cotangents of equal indices add up. With constant indices it is a gather too: by the
 * inverse indices, once for each time that an index may repeat, from the cotangent with one zero behind it.
 */
function scatter(t: Vocabulary, g: IrNode, indices: IrNode, axis: number, x: IrNode): IrNode {
  const count = sizeOf(indices.shape);
  const size = x.shape[axis]!;
  const flat = t.reshape(g, [...x.shape.slice(0, axis), count, ...x.shape.slice(axis + 1)]);
  if (count === 0) return t.zeros(x.shape);
  const layers = isConstant(indices) ? inverse(constantOf(indices).data, size) : undefined;
  if (layers === undefined || layers.length > 4) {
    const places = t.reshape(t.arange(size), [size, 1]);
    const oneHot = t.where(t.equal(t.reshape(indices, [1, count]), places), 1, 0);
    const rank = flat.shape.length;
    const order = [...Array(rank).keys()].filter((at) => at !== axis);
    const last = t.matmul(t.asRowVector(t.transpose(flat, [...order, axis])), t.swapLast(oneHot));
    const moved = t.reshape(last, [...order.map((at) => flat.shape[at]!), size]);
    const back = [...Array(rank).keys()].map((at) => (at < axis ? at : at === axis ? rank - 1 : at - 1));
    return t.transpose(moved, back);
  }
  const behind = flat.shape.map((_, at) => (at === axis ? 1 : 0));
  const padded = t.pad(
    flat,
    flat.shape.map(() => 0),
    behind,
  );
  return layers
    .map((layer) => t.gather(padded, t.constant({ shape: [size], dtype: "int", data: layer }), axis))
    .reduce((sum, part) => t.add(sum, part));
}

/** For each value of an index, where it stands: in as many layers as it repeats; `indices.length` where it does not. */
function inverse(indices: ArrayLike<number>, size: number): Float64Array[] {
  const layers: Float64Array[] = [];
  const seen = new Map<number, number>();
  for (let i = 0; i < indices.length; i++) {
    const layer = seen.get(indices[i]!) ?? 0;
    seen.set(indices[i]!, layer + 1);
    layers[layer] ??= new Float64Array(size).fill(indices.length);
    layers[layer]![indices[i]!] = i;
  }
  return layers;
}

export const gatherElementsPrimitive: Primitive = definePrimitive<{ readonly axis: number }>({
  name: "gatherElements",
  takes: ["anything", "indices"],
  infer: ([x, indices], { axis }) => {
    checkAxis("gatherElements", x!, axis);
    const differs = indices!.shape.some((size, at) => at !== axis && size !== x!.shape[at]);
    if (indices!.shape.length !== x!.shape.length || differs) {
      const shapes = `indices of shape [${indices!.shape}] do not fit [${x!.shape}]`;
      throw shapeError(`gatherElements: ${shapes} along axis ${axis}`);
    }
    return { shape: indices!.shape, dtype: x!.dtype };
  },
  gradient: (t, { inputs: [x, indices], attributes: { axis } }, g) => {
    const size = x!.shape[axis]!;
    const unsqueeze = (y: IrNode): IrNode => t.reshape(y, [...y.shape.slice(0, axis), 1, ...y.shape.slice(axis)]);
    const places = t.reshape(t.arange(size), [size, ...x!.shape.slice(axis).map(() => 1)]);
    const spread = t.where(t.equal(unsqueeze(indices!), places), unsqueeze(g), 0);
    return [t.reshape(t.sum(spread, [axis + 1]), x!.shape), undefined];
  },
  lower: (emitter, node, inputs) =>
    emitter.node("GatherElements", emitter.repeatedInputs(node, inputs), { axis: node.attributes.axis + 2 }),
  evaluate: ([x, indices], { axis }, { shape }) => {
    const result = new Float64Array(sizeOf(shape));
    const strides = stridesOf(x!.shape);
    const step = strides[axis]!;
    const along = strides.map((stride, at) => (at === axis ? 0 : stride));
    walk(shape, along, 0, (offset, i) => (result[i] = x!.data[offset + indices!.data[i]! * step]!));
    return result;
  },
});
