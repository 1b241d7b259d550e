import type { Shape } from "@lirpa/core/plugin";
import type { BinaryName, PrimitiveName, UnaryName, Vocabulary } from "@lirpa/core/recording";
import { between, bools, floats, given, ints, type InputSketch, type PrimitiveCase } from "./sketch.js";

type Unary = Exclude<UnaryName, "not">;
type Binary = Exclude<BinaryName, "and" | "or"> | "greater" | "greaterEqual";

function unary(name: Unary, from: number, to: number): PrimitiveCase {
  return { primitive: name, of: "a matrix", inputs: [between(from, to, 2, 3)], build: (t, x) => t[name](x!) };
}

/** What the vocabulary says by another primitive. */
const SAID_BY = { greater: "less", greaterEqual: "lessEqual" } as const;

function binary(
  name: Binary,
  shapes: readonly [Shape, Shape],
  left: Partial<InputSketch> = {},
  right: Partial<InputSketch> = {},
): PrimitiveCase {
  const primitive: PrimitiveName = name === "greater" || name === "greaterEqual" ? SAID_BY[name] : name;
  const of = `${left.dtype ?? "float"} [${shapes[0].join(", ")}] and [${shapes[1].join(", ")}]`;
  return {
    primitive,
    of: primitive === name ? of : `${name} of ${of}`,
    inputs: [
      { shape: shapes[0], ...left },
      { shape: shapes[1], ...right },
    ],
    build: (t, a, b) => t[name](a!, b!),
  };
}

const SAME: readonly [Shape, Shape] = [
  [2, 3],
  [2, 3],
];
const BOTH: readonly [Shape, Shape] = [
  [2, 1, 2],
  [3, 1],
];
const RANKS: readonly [Shape, Shape] = [[3], [2, 3]];
const SCALAR: readonly [Shape, Shape] = [[2, 2], []];
const positive = { from: 0.4, to: 2 };
const integer = { dtype: "int", from: -3, to: 3 } as const;

/** Values on which a function bends or jumps: no gradients there. */
function kink(name: Unary, values: readonly number[]): PrimitiveCase {
  return {
    primitive: name,
    of: `${values.join(", ")}`,
    inputs: [given(values)],
    build: (t, x) => t[name](x!),
    kinks: true,
  };
}

const UNARY: readonly PrimitiveCase[] = [
  unary("neg", -2, 2),
  unary("abs", -2, 2),
  unary("sign", -2, 2),
  unary("relu", -2, 2),
  unary("exp", -2, 2),
  unary("log", 0.3, 3),
  unary("sqrt", 0.3, 3),
  unary("reciprocal", 0.4, 2),
  unary("reciprocal", -2, -0.4),
  unary("floor", -3, 3),
  unary("ceil", -3, 3),
  unary("round", -3, 3),
  unary("sin", -4, 4),
  unary("cos", -4, 4),
  unary("atan", -3, 3),
  unary("tanh", -3, 3),
  unary("sigmoid", -5, 5),
  unary("erf", -3.5, 3.5),
  kink("sign", [0, -1, 2]),
  kink("relu", [0, -1, 2]),
  kink("abs", [0, -1]),
  kink("round", [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 3]),
  kink("floor", [1, -1, 0]),
  kink("ceil", [1, -1, 0]),
  kink("sqrt", [0, 4]),
  kink("sigmoid", [-40, 40]),
  kink("tanh", [-30, 30]),
  kink("erf", [-6, 0, 6]),
  ...(["neg", "abs", "sign"] as const).map((name): PrimitiveCase => ({
    primitive: name,
    of: "integers",
    inputs: [ints(-3, 3, 4)],
    build: (t, x) => t[name](x!),
  })),
  { primitive: "exp", of: "a scalar", inputs: [floats()], build: (t, x) => t.exp(x!) },
  { primitive: "tanh", of: "three axes", inputs: [floats(2, 1, 2)], build: (t, x) => t.tanh(x!) },
  { primitive: "not", of: "bools", inputs: [bools(2, 2)], build: (t, x) => t.not(x!) },
  { primitive: "mul", of: "a square", inputs: [floats(2, 3)], build: (t, x) => t.square(x!) },
  {
    primitive: "fact",
    of: "a lower and an upper end",
    inputs: [floats(2, 2), floats(2, 2)],
    build: (t, x, y) => Object.values(t.fact(x!, y!, "h")).reduce((a, b) => t.sub(b, a)),
  },
  {
    primitive: "stopGradient",
    of: "a matrix",
    inputs: [floats(2, 2)],
    build: (t, x) => t.stopGradient(x!),
    kinks: true,
  },
];

const casts: readonly PrimitiveCase[] = [
  { primitive: "cast", of: "floats to integers", inputs: [between(-3, 3, 5)], build: (t, x) => t.cast(x!, "int") },
  { primitive: "cast", of: "floats to bools", inputs: [given([0, 0.25, -3])], build: (t, x) => t.cast(x!, "bool") },
  { primitive: "cast", of: "integers to floats", inputs: [ints(-3, 3, 4)], build: (t, x) => t.cast(x!, "float") },
  { primitive: "cast", of: "integers to bools", inputs: [ints(-1, 1, 3)], build: (t, x) => t.cast(x!, "bool") },
  { primitive: "cast", of: "bools to floats", inputs: [bools(3)], build: (t, x) => t.cast(x!, "float") },
  { primitive: "cast", of: "bools to integers", inputs: [bools(3)], build: (t, x) => t.cast(x!, "int") },
];

const BINARY: readonly PrimitiveCase[] = [
  ...(["add", "sub", "mul"] as const).flatMap((name) =>
    [SAME, BOTH, RANKS, SCALAR].map((shapes) => binary(name, shapes)),
  ),
  ...(["min", "max"] as const).flatMap((name) => [BOTH, RANKS].map((shapes) => binary(name, shapes))),
  ...[SAME, BOTH].map((shapes) => binary("div", shapes, {}, positive)),
  binary("div", SCALAR, {}, { from: -2, to: -0.4 }),
  ...[BOTH, RANKS].map((shapes) => binary("pow", shapes, positive)),
  ...(["less", "lessEqual", "equal"] as const).flatMap((name) => [
    binary(name, BOTH),
    binary(name, RANKS, integer, integer),
  ]),
  binary("greater", RANKS, integer, integer),
  binary("greaterEqual", RANKS, integer, integer),
  ...(["add", "sub", "mul", "min", "max"] as const).map((name) => binary(name, RANKS, integer, integer)),
  binary("div", RANKS, { dtype: "int", from: -9, to: 9 }, { dtype: "int", values: [2, -3, 4, 1, -1, 5] }),
  binary("pow", RANKS, integer, { dtype: "int", from: 0, to: 3 }),
  { primitive: "equal", of: "bools", inputs: [bools(2, 2), bools(2)], build: (t, a, b) => t.equal(a!, b!) },
  { primitive: "and", of: "bools", inputs: [bools(2, 1), bools(3)], build: (t, a, b) => t.and(a!, b!) },
  { primitive: "or", of: "bools", inputs: [bools(2, 1), bools(3)], build: (t, a, b) => t.or(a!, b!) },
  {
    primitive: "pow",
    of: "negative numbers and a constant exponent",
    inputs: [floats(2, 2)],
    build: (t, x) => t.pow(x!, 3),
  },
  { primitive: "pow", of: "a constant base", inputs: [floats(2, 2)], build: (t, x) => t.pow(2, x!) },
  { primitive: "sub", of: "a number and a matrix", inputs: [floats(2, 2)], build: (t, x) => t.sub(3, x!) },
  {
    primitive: "mul",
    of: "a matrix and a constant",
    inputs: [floats(2, 2)],
    build: (t, x) => t.mul(t.constant([1, -2], [1, 2]), x!),
  },
  {
    primitive: "max",
    of: "equal numbers",
    inputs: [given([1, 2, 3]), given([1, 3, 2])],
    build: (t, a, b) => t.max(a!, b!),
    kinks: true,
  },
];

/** A choice between two floats by a condition that depends on nothing else. */
function where(of: string, ...inputs: [InputSketch, InputSketch, InputSketch]): PrimitiveCase {
  return { primitive: "where", of, inputs, build: (t: Vocabulary, c, a, b) => t.where(c!, a!, b!) };
}
const few = ["none", "both"] as const;

const WHERE: readonly PrimitiveCase[] = [
  where("three shapes", { ...bools(2, 1), hidden: few }, floats(3), floats(2, 3)),
  where("a condition and a choice smaller than the other", { ...bools(1), hidden: few }, floats(1), floats(3)),
  where(
    "a condition larger than its choices",
    bools(2, 2),
    { ...floats(2), hidden: few },
    { ...floats(), hidden: ["none", "instances"] },
  ),
  where("integers", { ...bools(3), hidden: few }, { ...ints(-3, 3, 3), hidden: few }, ints(-3, 3, 3)),
  { ...where("where of bools", { ...bools(3), hidden: few }, { ...bools(3), hidden: few }, bools(3)), primitive: "or" },
  { primitive: "where", of: "numbers", inputs: [bools(3)], build: (t, c) => t.where(c!, 1.5, -2) },
  {
    primitive: "where",
    of: "a condition on the values",
    inputs: [floats(2, 3), floats(3)],
    build: (t, a, b) => t.where(t.less(a!, b!), t.mul(a!, b!), t.exp(a!)),
  },
];

export const ELEMENTWISE: readonly PrimitiveCase[] = [...UNARY, ...casts, ...BINARY, ...WHERE];
