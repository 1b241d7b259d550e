import { shapeError } from "../../plugin/errors.js";
import type { Shape } from "../../plugin/tensor.js";
import { definePrimitive, type IrNode, type Primitive } from "../ir.js";
import { reducedShape, showShape, sizeOf, stridesOf, walk } from "../shapes.js";
import type { Vocabulary } from "../vocabulary.js";
import { uniformValue } from "./leaves.js";

interface ReduceAttributes {
  /** Normal, ascending. The reduced axes keep size 1; the vocabulary reshapes afterwards. */
  readonly axes: readonly number[];
}

/** Refuses axes that a shape has not. */
function checkAxes(operation: string, shape: Shape, axes: readonly number[]): void {
  if (axes.every((axis) => axis >= 0 && axis < shape.length)) return;
  throw shapeError(`${operation}: axes [${axes.join(", ")}] of a shape ${showShape(shape)}`);
}

interface Reduction {
  readonly name: "sum" | "reduceMax" | "reduceMin";
  readonly start: number;
  combine(a: number, b: number): number;
  gradient(t: Vocabulary, g: IrNode, x: IrNode, y: IrNode): IrNode;
}

const ONNX = { sum: "ReduceSum", reduceMax: "ReduceMax", reduceMin: "ReduceMin" } as const;

function reduce({ name, start, combine, gradient }: Reduction): Primitive {
  const adds = name === "sum";
  return definePrimitive<ReduceAttributes>({
    name,
    takes: ["numbers"],
    infer: ([x], { axes }) => {
      checkAxes(name, x!.shape, axes);
      return { shape: reducedShape(x!.shape, axes, true), dtype: x!.dtype };
    },
    simplify: (t, [x], { axes }) => {
      const shape = reducedShape(x!.shape, axes, true);
      if (axes.every((axis) => x!.shape[axis] === 1)) return x;
      const value = uniformValue(x!);
      if (value === undefined) return undefined;
      const count = adds ? sizeOf(x!.shape) / sizeOf(shape) : 1;
      return t.typedFull(shape, value * count, x!.dtype);
    },
    gradient: (t, node, g) => [gradient(t, g, node.inputs[0]!, node)],
    // The axes of a sum are an operand of it, those of an extreme an attribute, up to opset 17.
    lower: (emitter, node, [x]) => {
      const axes = node.attributes.axes.map((axis) => axis + 2);
      return adds
        ? emitter.node(ONNX[name], [x!, emitter.ints(axes)], { keepdims: 1 })
        : emitter.node(ONNX[name], [x!], { axes, keepdims: 1 });
    },
    evaluate: ([x], { axes }, { shape }) => {
      const result = new Float64Array(sizeOf(shape)).fill(start);
      const strides = stridesOf(shape).map((stride, axis) => (axes.includes(axis) ? 0 : stride));
      walk(x!.shape, strides, 0, (offset, i) => (result[offset] = combine(result[offset]!, x!.data[i]!)));
      return result;
    },
  });
}

/** Equal winners share the cotangent. */
function toWinners(t: Vocabulary, g: IrNode, x: IrNode, y: IrNode): IrNode {
  const wins = t.where(t.equal(x, y), 1, 0);
  const axes = y.shape.flatMap((size, axis) => (size === x.shape[axis] ? [] : [axis]));
  return t.mul(t.div(wins, t.sum(wins, axes, true)), g);
}

export const sumPrimitive: Primitive = reduce({
  name: "sum",
  start: 0,
  combine: (a, b) => a + b,
  gradient: (t, g, x) => t.expand(g, x.shape),
});
export const reduceMaxPrimitive: Primitive = reduce({
  name: "reduceMax",
  start: -Infinity,
  combine: Math.max,
  gradient: toWinners,
});
export const reduceMinPrimitive: Primitive = reduce({
  name: "reduceMin",
  start: Infinity,
  combine: Math.min,
  gradient: toWinners,
});

function arg(name: "argMax" | "argMin", onnx: string, better: (a: number, b: number) => boolean): Primitive {
  return definePrimitive<{ readonly axis: number }>({
    name,
    takes: ["anything"],
    chooses: true,
    gradient: "none",
    infer: ([x], { axis }) => {
      checkAxes(name, x!.shape, [axis]);
      return { shape: reducedShape(x!.shape, [axis], true), dtype: "int" };
    },
    lower: (emitter, node, inputs) => emitter.node(onnx, inputs, { axis: node.attributes.axis + 2, keepdims: 1 }),
    evaluate: ([x], { axis }, { shape }) => {
      const best = new Float64Array(sizeOf(shape)).fill(NaN);
      const where = new Float64Array(best.length);
      const strides = stridesOf(shape).map((stride, at) => (at === axis ? 0 : stride));
      const step = stridesOf(x!.shape)[axis]!;
      walk(x!.shape, strides, 0, (offset, i) => {
        const value = x!.data[i]!;
        if (Number.isNaN(best[offset]!) || better(value, best[offset]!)) {
          best[offset] = value;
          where[offset] = Math.floor(i / step) % x!.shape[axis]!;
        }
      });
      return where;
    },
  });
}

export const argMaxPrimitive: Primitive = arg("argMax", "ArgMax", (a, b) => a > b);
export const argMinPrimitive: Primitive = arg("argMin", "ArgMin", (a, b) => a < b);

/** Where the k greatest elements along an axis stand, greatest first. */
export const topKIndicesPrimitive: Primitive = definePrimitive<{ readonly k: number; readonly axis: number }>({
  name: "topKIndices",
  takes: ["anything"],
  chooses: true,
  gradient: "none",
  infer: ([x], { k, axis }) => {
    checkAxes("topKIndices", x!.shape, [axis]);
    if (k > x!.shape[axis]!) throw shapeError(`the top ${k} of ${x!.shape[axis]} elements`);
    return { shape: x!.shape.map((size, at) => (at === axis ? k : size)), dtype: "int" };
  },
  lower: (emitter, node, [x]) => {
    const { k, axis } = node.attributes;
    return emitter.node("TopK", [x!, emitter.ints([k])], { axis: axis + 2, largest: 1, sorted: 1 }, 1);
  },
  evaluate: ([x], { k, axis }, { shape }) => {
    const result = new Float64Array(sizeOf(shape));
    const [from, to] = [stridesOf(x!.shape), stridesOf(shape)];
    const others = shape.map((size, at) => (at === axis ? 1 : size));
    const starts: number[] = [];
    walk(others, from, 0, (offset) => starts.push(offset));
    walk(others, to, 0, (offset, i) => {
      const order = Array.from({ length: x!.shape[axis]! }, (_, j) => j);
      const value = (j: number): number => x!.data[starts[i]! + j * from[axis]!]!;
      order.sort((a, b) => value(b) - value(a) || a - b);
      for (let j = 0; j < k; j++) result[offset + j * to[axis]!] = order[j]!;
    });
    return result;
  },
});
