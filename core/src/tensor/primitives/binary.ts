import type { HostTensor, Shape } from "../../plugin/tensor.js";
import { definePrimitive, type IrNode, type OperandType, type Primitive } from "../ir.js";
import { broadcastShapes, broadcastStrides, sameShape, sizeOf, walk } from "../shapes.js";
import type { Vocabulary } from "../vocabulary.js";
import { uniformValue } from "./leaves.js";
import type { BinaryName } from "./names.js";
import { unaryPrimitives } from "./unary.js";

type BinaryGradient = (t: Vocabulary, g: IrNode, a: IrNode, b: IrNode, y: IrNode) => readonly [IrNode, IrNode];

interface Binary {
  readonly name: BinaryName;
  readonly onnx: string;
  scalar(a: number, b: number): number;
  readonly gradient: BinaryGradient;
  /** A cheaper node with the same value and the given shape. */
  simplify?(t: Vocabulary, a: IrNode, b: IrNode, shape: Shape): IrNode | undefined;
}

/** Two numbers to one, of shapes that broadcast. */
function binary({ name, onnx, scalar, gradient, simplify }: Binary): Primitive {
  return definePrimitive<undefined>({
    name,
    takes: ["numbers", "numbers"],
    alike: true,
    infer: ([a, b]) => ({ shape: broadcastShapes(a!.shape, b!.shape), dtype: a!.dtype }),
    ...(simplify && {
      simplify: (t: Vocabulary, [a, b]: readonly IrNode[]) => simplify(t, a!, b!, broadcastShapes(a!.shape, b!.shape)),
    }),
    gradient: (t, node, g) => {
      const [a, b] = [node.inputs[0]!, node.inputs[1]!];
      const [ga, gb] = gradient(t, g, a, b, node);
      return [t.unbroadcast(ga, a.shape), t.unbroadcast(gb, b.shape)];
    },
    lower: (emitter, node, inputs) => emitter.node(onnx, emitter.aligned(node, inputs)),
    // Integers divide as in ONNX: the quotient's fraction is cut off.
    evaluate: ([a, b], _, { shape, dtype }) =>
      zip(a!, b!, shape, dtype === "int" ? (x, y) => Math.trunc(scalar(x, y)) : scalar),
  });
}

interface Comparison {
  readonly name: BinaryName;
  readonly onnx: string;
  readonly takes: OperandType;
  holds(a: number, b: number): boolean;
  /** True where NaN becomes a truth value. */
  readonly chooses?: true;
}

/** Two numbers, or two truth values, to a truth value. */
function comparison({ name, onnx, takes, holds, ...traits }: Comparison): Primitive {
  return definePrimitive<undefined>({
    name,
    takes: [takes, takes],
    alike: true,
    ...traits,
    gradient: "none",
    infer: ([a, b]) => ({ shape: broadcastShapes(a!.shape, b!.shape), dtype: "bool" }),
    lower: (emitter, node, inputs) => emitter.node(onnx, emitter.aligned(node, inputs)),
    evaluate: ([a, b], _, { shape }) => zip(a!, b!, shape, (x, y) => (holds(x, y) ? 1 : 0)),
  });
}

function zip(a: HostTensor, b: HostTensor, shape: Shape, scalar: (a: number, b: number) => number): Float64Array {
  const result = new Float64Array(sizeOf(shape));
  if (sameShape(a.shape, shape) && sameShape(b.shape, shape)) {
    return result.map((_, i) => scalar(a.data[i]!, b.data[i]!));
  }
  walk(shape, broadcastStrides(a.shape, shape), 0, (offset, i) => (result[i] = a.data[offset]!));
  walk(shape, broadcastStrides(b.shape, shape), 0, (offset, i) => (result[i] = scalar(result[i]!, b.data[offset]!)));
  return result;
}

/** A neutral operand vanishes; the result keeps the shape and dtype that broadcasting gives it. */
function keep(t: Vocabulary, x: IrNode, other: IrNode, shape: Shape): IrNode | undefined {
  return x.dtype === other.dtype ? t.expand(x, shape) : undefined;
}

function isZero(x: IrNode): boolean {
  return uniformValue(x) === 0;
}

function isNegated(x: IrNode): boolean {
  return x.primitive === unaryPrimitives.neg;
}

const add = binary({
  name: "add",
  onnx: "Add",
  scalar: (a, b) => a + b,
  gradient: (_, g) => [g, g],
  simplify: (t, a, b, shape) => {
    if (isZero(b)) return keep(t, a, b, shape);
    if (isZero(a)) return keep(t, b, a, shape);
    return isNegated(b) ? t.sub(a, b.inputs[0]!) : undefined;
  },
});

const sub = binary({
  name: "sub",
  onnx: "Sub",
  scalar: (a, b) => a - b,
  gradient: (t, g) => [g, t.neg(g)],
  simplify: (t, a, b, shape) => {
    if (isZero(b)) return keep(t, a, b, shape);
    if (isZero(a) && a.dtype === b.dtype) return t.neg(t.expand(b, shape));
    return isNegated(b) ? t.add(a, b.inputs[0]!) : undefined;
  },
});

const mul = binary({
  name: "mul",
  onnx: "Mul",
  scalar: (a, b) => a * b,
  gradient: (t, g, a, b) => [t.mul(g, b), t.mul(g, a)],
  simplify: (t, a, b, shape) => {
    for (const [x, y] of [
      [a, b],
      [b, a],
    ] as const) {
      const value = uniformValue(y);
      if (value === 0) return t.typedFull(shape, 0, a.dtype);
      if (value === 1) return keep(t, x, y, shape);
      if (value === -1 && x.dtype === y.dtype) return t.neg(t.expand(x, shape));
    }
    return undefined;
  },
});

const div = binary({
  name: "div",
  onnx: "Div",
  scalar: (a, b) => a / b,
  gradient: (t, g, _, b, y) => [t.div(g, b), t.neg(t.div(t.mul(g, y), b))],
  simplify: (t, a, b, shape) => {
    if (uniformValue(b) === 1) return keep(t, a, b, shape);
    return isZero(a) && a.dtype === "float" ? t.typedFull(shape, 0, "float") : undefined;
  },
});

const pow = binary({
  name: "pow",
  onnx: "Pow",
  scalar: Math.pow,
  gradient: (t, g, a, b, y) => [t.mul(g, t.mul(b, t.pow(a, t.sub(b, 1)))), t.mul(g, t.mul(y, t.log(a)))],
  simplify: (t, a, b, shape) => {
    const exponent = uniformValue(b);
    if (exponent === 1) return keep(t, a, b, shape);
    return exponent === 2 ? t.expand(t.mul(a, a), shape) : undefined;
  },
});

/** Where both operands are equal, each gets half: the mean of the one-sided derivatives. */
const extremum =
  (wins: "greater" | "less"): BinaryGradient =>
  (t, g, a, b) => {
    const share = t.where(t.equal(a, b), 0.5, t.where(t[wins](a, b), 1, 0));
    return [t.mul(g, share), t.mul(g, t.sub(1, share))];
  };

const max = binary({
  name: "max",
  onnx: "Max",
  scalar: Math.max,
  gradient: extremum("greater"),
  simplify: (t, a, b) => {
    if (a === b) return a;
    return isZero(b) && b.shape.length === 0 && a.dtype === "float" ? t.relu(a) : undefined;
  },
});

const min = binary({
  name: "min",
  onnx: "Min",
  scalar: Math.min,
  gradient: extremum("less"),
  simplify: (_, a, b) => (a === b ? a : undefined),
});

export const binaryPrimitives: Readonly<Record<BinaryName, Primitive>> = {
  add,
  sub,
  mul,
  div,
  pow,
  min,
  max,
  less: comparison({ name: "less", onnx: "Less", takes: "numbers", holds: (a, b) => a < b, chooses: true }),
  lessEqual: comparison({
    name: "lessEqual",
    onnx: "LessOrEqual",
    takes: "numbers",
    holds: (a, b) => a <= b,
    chooses: true,
  }),
  equal: comparison({ name: "equal", onnx: "Equal", takes: "anything", holds: (a, b) => a === b, chooses: true }),
  and: comparison({ name: "and", onnx: "And", takes: "booleans", holds: (a, b) => a !== 0 && b !== 0 }),
  or: comparison({ name: "or", onnx: "Or", takes: "booleans", holds: (a, b) => a !== 0 || b !== 0 }),
};
