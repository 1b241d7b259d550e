import { definePrimitive, type IrNode, type OperandType, type Primitive } from "../ir.js";
import type { Vocabulary } from "../vocabulary.js";
import type { UnaryName } from "./names.js";

interface Unary {
  readonly name: UnaryName;
  readonly onnx: string;
  readonly takes: OperandType;
  scalar(x: number): number;
  /** "none" where the function is constant in pieces. */
  readonly gradient: "none" | ((t: Vocabulary, g: IrNode, x: IrNode, y: IrNode) => IrNode);
  /** A cheaper node with the same value, by what the operand is. */
  simplify?(x: IrNode): IrNode | undefined;
}

function unary({ name, onnx, takes, scalar, gradient, simplify }: Unary): Primitive {
  return definePrimitive<undefined>({
    name,
    takes: [takes],
    infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
    ...(simplify && { simplify: (_: Vocabulary, [x]: readonly IrNode[]) => simplify(x!) }),
    gradient: gradient === "none" ? "none" : (t, node, g) => [gradient(t, g, node.inputs[0]!, node)],
    lower: (emitter, _, inputs) => emitter.node(onnx, inputs),
    evaluate: ([x]) => Float64Array.from(x!.data, scalar),
  });
}

const neg: Primitive = unary({
  name: "neg",
  onnx: "Neg",
  takes: "numbers",
  scalar: (x) => -x,
  gradient: (t, g) => t.neg(g),
  simplify: (x) => (x.primitive === neg ? x.inputs[0] : undefined),
});

const abs: Primitive = unary({
  name: "abs",
  onnx: "Abs",
  takes: "numbers",
  scalar: Math.abs,
  gradient: (t, g, x) => t.mul(g, t.sign(x)),
  simplify: (x) => (x.primitive === abs ? x : undefined),
});

const relu: Primitive = unary({
  name: "relu",
  onnx: "Relu",
  takes: "floats",
  scalar: (x) => Math.max(x, 0),
  gradient: (t, g, x) => t.where(t.greater(x, 0), g, 0),
  simplify: (x) => (x.primitive === relu || x.primitive === abs ? x : undefined),
});

/** What is constant in pieces. */
const sign = unary({ name: "sign", onnx: "Sign", takes: "numbers", scalar: Math.sign, gradient: "none" });
const floor = unary({ name: "floor", onnx: "Floor", takes: "floats", scalar: Math.floor, gradient: "none" });
const ceil = unary({ name: "ceil", onnx: "Ceil", takes: "floats", scalar: Math.ceil, gradient: "none" });
const round = unary({ name: "round", onnx: "Round", takes: "floats", scalar: roundHalfEven, gradient: "none" });
const not = unary({
  name: "not",
  onnx: "Not",
  takes: "booleans",
  scalar: (x) => (x === 0 ? 1 : 0),
  gradient: "none",
});

type Derivative = (t: Vocabulary, g: IrNode, x: IrNode, y: IrNode) => IrNode;

/** A function of floats that has a derivative wherever it is defined. */
function smooth(name: UnaryName, onnx: string, scalar: (x: number) => number, gradient: Derivative): Primitive {
  return unary({ name, onnx, takes: "floats", scalar, gradient });
}

const exp = smooth("exp", "Exp", Math.exp, (t, g, _, y) => t.mul(g, y));
const log = smooth("log", "Log", Math.log, (t, g, x) => t.div(g, x));
const sqrt = smooth("sqrt", "Sqrt", Math.sqrt, (t, g, _, y) => t.div(g, t.mul(2, y)));
const reciprocal = smooth(
  "reciprocal",
  "Reciprocal",
  (x) => 1 / x,
  (t, g, _, y) => t.neg(t.mul(g, t.mul(y, y))),
);
const sin = smooth("sin", "Sin", Math.sin, (t, g, x) => t.mul(g, t.cos(x)));
const cos = smooth("cos", "Cos", Math.cos, (t, g, x) => t.neg(t.mul(g, t.sin(x))));
const atan = smooth("atan", "Atan", Math.atan, (t, g, x) => t.div(g, t.add(1, t.mul(x, x))));
const tanh = smooth("tanh", "Tanh", Math.tanh, (t, g, _, y) => t.mul(g, t.sub(1, t.mul(y, y))));
const sigmoid = smooth(
  "sigmoid",
  "Sigmoid",
  (x) => 1 / (1 + Math.exp(-x)),
  (t, g, _, y) => t.mul(g, t.mul(y, t.sub(1, y))),
);
const erf = smooth("erf", "Erf", errorFunction, (t, g, x) =>
  t.mul(t.mul(g, 2 / Math.sqrt(Math.PI)), t.exp(t.neg(t.mul(x, x)))),
);

export const unaryPrimitives: Readonly<Record<UnaryName, Primitive>> = {
  neg,
  abs,
  sign,
  relu,
  exp,
  log,
  sqrt,
  reciprocal,
  floor,
  ceil,
  round,
  sin,
  cos,
  atan,
  tanh,
  sigmoid,
  erf,
  not,
};

/** Half to even, as ONNX's Round. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const half = x - floor;
  if (half !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** The error function by its Taylor series near zero and the continued fraction of its complement elsewhere: 1e-15. */
function errorFunction(x: number): number {
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
