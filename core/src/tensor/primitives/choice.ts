import type { DType } from "../../plugin/tensor.js";
import { definePrimitive, type Primitive } from "../ir.js";
import { broadcastShapes, broadcastStrides, sizeOf, walk } from "../shapes.js";
import { uniformValue } from "./leaves.js";

/** One of two values, element by element. */
export const wherePrimitive: Primitive = definePrimitive<undefined>({
  name: "where",
  takes: ["a condition", "anything", "anything"],
  chooses: true,
  infer: ([c, a, b]) => ({ shape: broadcastShapes(c!.shape, a!.shape, b!.shape), dtype: a!.dtype }),
  simplify: (t, [c, a, b]) => {
    const shape = broadcastShapes(c!.shape, a!.shape, b!.shape);
    const condition = uniformValue(c!);
    if (condition !== undefined) return t.expand(condition === 0 ? b! : a!, shape);
    const value = uniformValue(a!);
    return a === b || (value !== undefined && value === uniformValue(b!)) ? t.expand(a!, shape) : undefined;
  },
  gradient: (t, { inputs: [c, a, b] }, g) => [
    undefined,
    t.unbroadcast(t.where(c!, g, 0), a!.shape),
    t.unbroadcast(t.where(c!, 0, g), b!.shape),
  ],
  lower: (emitter, node, inputs) => emitter.node("Where", emitter.aligned(node, inputs)),
  evaluate: ([c, a, b], _, { shape }) => {
    const [conditions, chosen, otherwise] = [c!, a!, b!].map((operand) => {
      const full = new Float64Array(sizeOf(shape));
      walk(shape, broadcastStrides(operand.shape, shape), 0, (offset, i) => (full[i] = operand.data[offset]!));
      return full;
    });
    return conditions!.map((condition, i) => (condition === 0 ? otherwise![i]! : chosen![i]!));
  },
});

const ONNX_TYPES: Readonly<Record<DType, number>> = { float: 1, int: 7, bool: 9 };
const CASTS: Readonly<Record<DType, (x: number) => number>> = {
  float: (x) => x,
  int: Math.trunc,
  bool: (x) => (x === 0 ? 0 : 1),
};

export const castPrimitive: Primitive = definePrimitive<{ readonly to: DType }>({
  name: "cast",
  takes: ["anything"],
  chooses: true,
  gradient: "none",
  infer: ([x], { to }) => ({ shape: x!.shape, dtype: to }),
  simplify: (_, [x], { to }) => (x!.dtype === to ? x : undefined),
  lower: (emitter, node, inputs) => emitter.node("Cast", inputs, { to: ONNX_TYPES[node.attributes.to] }),
  evaluate: ([x], { to }) => Float64Array.from(x!.data, CASTS[to]),
});

/** The value itself; gradients stop here. */
export const stopGradientPrimitive: Primitive = definePrimitive<undefined>({
  name: "stopGradient",
  takes: ["anything"],
  view: true,
  gradient: "none",
  infer: ([x]) => x!,
  lower: (_, __, [x]) => x!,
  evaluate: ([x]) => Float64Array.from(x!.data),
});
