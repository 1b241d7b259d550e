import type { DType, HostTensor } from "../../plugin/tensor.js";
import { definePrimitive, type IrNode, type Primitive } from "../ir.js";
import { uniformValue } from "../recorder.js";
import { broadcastShapes, broadcastStrides, sameShape, sizeOf, walk } from "../shapes.js";
import type { Vocabulary } from "../vocabulary.js";

type Gradient = (t: Vocabulary, g: IrNode, x: IrNode, y: IrNode) => IrNode | undefined;

function unary(name: string, onnx: string, scalar: (x: number) => number, gradient?: Gradient, simplify?: (t: Vocabulary, x: IrNode) => IrNode | undefined): Primitive {
  return definePrimitive<undefined>({
    name,
    infer: ([x]) => ({ shape: x!.shape, dtype: name === "not" ? "bool" : x!.dtype }),
    ...(simplify && { simplify: (t: Vocabulary, [x]: readonly IrNode[]) => simplify(t, x!) }),
    ...(gradient && { gradient: (t: Vocabulary, node: IrNode, g: IrNode) => [gradient(t, g, node.inputs[0]!, node)] }),
    lower: (emitter, _, inputs) => emitter.node(onnx, inputs),
    evaluate: ([x]) => Float64Array.from(x!.data, scalar),
  });
}

/** Half to even, as ONNX's Round. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const half = x - floor;
  if (half !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** The error function by its Taylor series near zero and the continued fraction of its complement elsewhere: 1e-15. */
function erf(x: number): number {
  const z = Math.abs(x);
  if (z < 2.5) {
    let term = z;
    let sum = z;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum) && n < 200; n++) {
      term *= (-z * z) / n;
      sum += term / (2 * n + 1);
    }
    return Math.sign(x) * (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let n = 60; n >= 1; n--) fraction = n / 2 / (z + fraction);
  return Math.sign(x) * (1 - Math.exp(-z * z) / Math.sqrt(Math.PI) / (z + fraction));
}

const floor = unary("floor", "Floor", Math.floor);
const ceil = unary("ceil", "Ceil", Math.ceil);
const round = unary("round", "Round", roundHalfEven);
const sign = unary("sign", "Sign", Math.sign);
const not = unary("not", "Not", (x) => (x === 0 ? 1 : 0));

export const unaryPrimitives: Readonly<Record<UnaryName, Primitive>> = {
  neg: unary("neg", "Neg", (x) => -x, (t, g) => t.neg(g), (_, x) => (x.primitive.name === "neg" ? x.inputs[0] : undefined)),
  abs: unary("abs", "Abs", Math.abs, (t, g, x) => t.mul(g, t.sign(x)), (_, x) => (x.primitive.name === "abs" ? x : undefined)),
  sign,
  relu: unary("relu", "Relu", (x) => Math.max(x, 0), (t, g, x) => t.where(t.greater(x, 0), g, 0), (_, x) => (x.primitive.name === "relu" || x.primitive.name === "abs" ? x : undefined)),
  exp: unary("exp", "Exp", Math.exp, (t, g, _, y) => t.mul(g, y)),
  log: unary("log", "Log", Math.log, (t, g, x) => t.div(g, x)),
  sqrt: unary("sqrt", "Sqrt", Math.sqrt, (t, g, _, y) => t.div(g, t.mul(2, y))),
  reciprocal: unary("reciprocal", "Reciprocal", (x) => 1 / x, (t, g, _, y) => t.neg(t.mul(g, t.mul(y, y)))),
  floor,
  ceil,
  round,
  sin: unary("sin", "Sin", Math.sin, (t, g, x) => t.mul(g, t.cos(x))),
  cos: unary("cos", "Cos", Math.cos, (t, g, x) => t.neg(t.mul(g, t.sin(x)))),
  atan: unary("atan", "Atan", Math.atan, (t, g, x) => t.div(g, t.add(1, t.mul(x, x)))),
  tanh: unary("tanh", "Tanh", Math.tanh, (t, g, _, y) => t.mul(g, t.sub(1, t.mul(y, y)))),
  sigmoid: unary("sigmoid", "Sigmoid", (x) => 1 / (1 + Math.exp(-x)), (t, g, _, y) => t.mul(g, t.mul(y, t.sub(1, y)))),
  erf: unary("erf", "Erf", erf, (t, g, x) => t.mul(t.mul(g, 2 / Math.sqrt(Math.PI)), t.exp(t.neg(t.mul(x, x))))),
  not,
};
export type UnaryName =
  | "neg" | "abs" | "sign" | "relu" | "exp" | "log" | "sqrt" | "reciprocal" | "floor" | "ceil" | "round"
  | "sin" | "cos" | "atan" | "tanh" | "sigmoid" | "erf" | "not";

type BinaryGradient = (t: Vocabulary, g: IrNode, a: IrNode, b: IrNode, y: IrNode) => [IrNode | undefined, IrNode | undefined];
type BinarySimplify = (t: Vocabulary, a: IrNode, b: IrNode, shape: readonly number[]) => IrNode | undefined;

function binary(name: string, onnx: string, scalar: (a: number, b: number) => number, gradient?: BinaryGradient, simplify?: BinarySimplify, dtype?: DType): Primitive {
  return definePrimitive<undefined>({
    name,
    infer: ([a, b]) => ({ shape: broadcastShapes(a!.shape, b!.shape), dtype: dtype ?? a!.dtype }),
    ...(simplify && {
      simplify: (t: Vocabulary, [a, b]: readonly IrNode[]) => simplify(t, a!, b!, broadcastShapes(a!.shape, b!.shape)),
    }),
    ...(gradient && {
      gradient: (t: Vocabulary, node: IrNode, g: IrNode) => {
        const [a, b] = [node.inputs[0]!, node.inputs[1]!];
        const [ga, gb] = gradient(t, g, a, b, node);
        return [ga && t.unbroadcast(ga, a.shape), gb && t.unbroadcast(gb, b.shape)];
      },
    }),
    lower: (emitter, node, inputs) => emitter.node(onnx, emitter.aligned(node, inputs)),
    // Integers divide as in ONNX: the quotient's fraction is cut off.
    evaluate: ([a, b], _, { shape, dtype: type }) => zip(a!, b!, shape, type === "int" ? (x, y) => Math.trunc(scalar(x, y)) : scalar),
  });
}

function zip(a: HostTensor, b: HostTensor, shape: readonly number[], scalar: (a: number, b: number) => number): Float64Array {
  const result = new Float64Array(sizeOf(shape));
  if (sameShape(a.shape, shape) && sameShape(b.shape, shape)) return result.map((_, i) => scalar(a.data[i]!, b.data[i]!));
  walk(shape, broadcastStrides(a.shape, shape), 0, (offset, i) => (result[i] = a.data[offset]!));
  walk(shape, broadcastStrides(b.shape, shape), 0, (offset, i) => (result[i] = scalar(result[i]!, b.data[offset]!)));
  return result;
}

/** A neutral operand vanishes; the result keeps the shape and dtype that broadcasting gives it. */
function keep(t: Vocabulary, x: IrNode, other: IrNode, shape: readonly number[]): IrNode | undefined {
  return x.dtype === other.dtype ? t.expand(x, shape) : undefined;
}

function isZero(x: IrNode): boolean {
  return uniformValue(x) === 0;
}

const bool = (condition: boolean): number => (condition ? 1 : 0);

const add = binary("add", "Add", (a, b) => a + b, (_, g) => [g, g], (t, a, b, shape) => {
  if (isZero(b)) return keep(t, a, b, shape);
  if (isZero(a)) return keep(t, b, a, shape);
  return b.primitive.name === "neg" ? t.sub(a, b.inputs[0]!) : undefined;
});

const sub = binary("sub", "Sub", (a, b) => a - b, (t, g) => [g, t.neg(g)], (t, a, b, shape) => {
  if (isZero(b)) return keep(t, a, b, shape);
  if (isZero(a) && a.dtype === b.dtype) return t.neg(t.expand(b, shape));
  return b.primitive.name === "neg" ? t.add(a, b.inputs[0]!) : undefined;
});

const mul = binary("mul", "Mul", (a, b) => a * b, (t, g, a, b) => [t.mul(g, b), t.mul(g, a)], (t, a, b, shape) => {
  for (const [x, y] of [[a, b], [b, a]] as const) {
    const value = uniformValue(y);
    if (value === 0) return t.fullOf(shape, 0, a.dtype);
    if (value === 1) return keep(t, x, y, shape);
    if (value === -1 && x.dtype === y.dtype) return t.neg(t.expand(x, shape));
  }
  return undefined;
});

const div = binary("div", "Div", (a, b) => a / b, (t, g, _, b, y) => [t.div(g, b), t.neg(t.div(t.mul(g, y), b))], (t, a, b, shape) => {
  if (uniformValue(b) === 1) return keep(t, a, b, shape);
  return isZero(a) && a.dtype === "float" ? t.fullOf(shape, 0, "float") : undefined;
});

const pow = binary("pow", "Pow", Math.pow, (t, g, a, b, y) => [
  t.mul(g, t.mul(b, t.pow(a, t.sub(b, 1)))),
  t.mul(g, t.mul(y, t.log(a))),
], (t, a, b, shape) => {
  const exponent = uniformValue(b);
  if (exponent === 1) return keep(t, a, b, shape);
  return exponent === 2 ? t.expand(t.mul(a, a), shape) : undefined;
});

/** Where both operands are equal, each gets half: the mean of the one-sided derivatives. */
const extremum = (wins: "greater" | "less"): BinaryGradient => (t, g, a, b) => {
  const share = t.where(t.equal(a, b), 0.5, t.where(t[wins](a, b), 1, 0));
  return [t.mul(g, share), t.mul(g, t.sub(1, share))];
};

const max = binary("max", "Max", Math.max, extremum("greater"), (t, a, b) => {
  if (a === b) return a;
  if (isZero(b) && b.shape.length === 0 && a.dtype === "float") return t.relu(a);
  return undefined;
});
const min = binary("min", "Min", Math.min, extremum("less"), (_, a, b) => (a === b ? a : undefined));

export const binaryPrimitives: Readonly<Record<BinaryName, Primitive>> = {
  add, sub, mul, div, pow, min, max,
  less: binary("less", "Less", (a, b) => bool(a < b), undefined, undefined, "bool"),
  lessEqual: binary("lessEqual", "LessOrEqual", (a, b) => bool(a <= b), undefined, undefined, "bool"),
  equal: binary("equal", "Equal", (a, b) => bool(a === b), undefined, undefined, "bool"),
  and: binary("and", "And", (a, b) => bool(a !== 0 && b !== 0), undefined, undefined, "bool"),
  or: binary("or", "Or", (a, b) => bool(a !== 0 || b !== 0), undefined, undefined, "bool"),
};
export type BinaryName = "add" | "sub" | "mul" | "div" | "pow" | "min" | "max" | "less" | "lessEqual" | "equal" | "and" | "or";

export const wherePrimitive: Primitive = definePrimitive<undefined>({
  name: "where",
  infer: ([c, a, b]) => ({ shape: broadcastShapes(c!.shape, a!.shape, b!.shape), dtype: a!.dtype }),
  simplify: (t, [c, a, b]) => {
    const shape = broadcastShapes(c!.shape, a!.shape, b!.shape);
    const condition = uniformValue(c!);
    if (condition !== undefined) return t.expand(condition === 0 ? b! : a!, shape);
    if (a === b || (uniformValue(a!) !== undefined && uniformValue(a!) === uniformValue(b!))) return t.expand(a!, shape);
    return undefined;
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

const ONNX_TYPES = { float: 1, int: 7, bool: 9 } as const;

export const castPrimitive: Primitive = definePrimitive<{ readonly to: DType }>({
  name: "cast",
  infer: ([x], { to }) => ({ shape: x!.shape, dtype: to }),
  simplify: (_, [x], { to }) => (x!.dtype === to ? x : undefined),
  lower: (emitter, node, inputs) => emitter.node("Cast", inputs, { to: ONNX_TYPES[node.attributes.to] }),
  evaluate: ([x], { to }) => Float64Array.from(x!.data, to === "float" ? (v) => v : to === "int" ? Math.trunc : (v) => bool(v !== 0)),
});

/** The value itself; gradients stop here. */
export const stopGradientPrimitive: Primitive = definePrimitive<undefined>({
  name: "stopGradient",
  infer: ([x]) => x!,
  lower: (_, __, [x]) => x!,
  evaluate: ([x]) => Float64Array.from(x!.data),
});
