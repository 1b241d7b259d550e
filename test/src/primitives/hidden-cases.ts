import type { PrimitiveName, RowSpace } from "@lirpa/core/recording";
import { bools, floats, ints, TWO, type Hidden, type InputSketch, type PrimitiveCase } from "./sketch.js";

/** As many rows as a matrix of shape [2, 3] has elements. */
const SIX: RowSpace = { name: "six", size: 6 };
const withoutRows: readonly Hidden[] = ["none", "instances"];
const withRows: readonly Hidden[] = ["rows", "both"];

/** What moves or adds up hidden axes: cotangents that have more of them than the value would be added up as well. */
function moves(
  primitive: PrimitiveName,
  of: string,
  input: InputSketch,
  build: PrimitiveCase["build"],
  cotangents: readonly Hidden[],
  rows: readonly RowSpace[] = [TWO],
): PrimitiveCase {
  return { primitive, of, inputs: [input], build, cotangents, rows };
}

export const LEAVES: readonly PrimitiveCase[] = [
  { primitive: "input", of: "floats", inputs: [floats(2, 2)], build: (_, x) => x! },
  { primitive: "input", of: "integers", inputs: [ints(-3, 3, 3)], build: (_, x) => x! },
  { primitive: "input", of: "bools", inputs: [bools(3)], build: (_, x) => x! },
  { primitive: "constant", of: "floats", inputs: [], build: (t) => t.constant([1, 2, 3, 4.5], [2, 2]) },
  { primitive: "constant", of: "integers", inputs: [], build: (t) => t.constant([1, -2], [2], "int") },
  {
    primitive: "constant",
    of: "bools",
    inputs: [],
    build: (t) => t.constant({ shape: [2], dtype: "bool", data: Float64Array.of(1, 0) }),
  },
  { primitive: "constant", of: "places", inputs: [], build: (t) => t.arange(4) },
  {
    primitive: "constant",
    of: "an operand of lower rank",
    inputs: [floats(2, 2)],
    build: (t, x) => t.add(x!, t.constant([1, 2])),
  },
  { primitive: "full", of: "a matrix", inputs: [], build: (t) => t.full([2, 2], 0.5) },
  { primitive: "full", of: "zeros", inputs: [], build: (t) => t.zeros([3]) },
  { primitive: "full", of: "a number as a constant", inputs: [], build: (t) => t.constant(-3) },
  { primitive: "eye", of: "alone", inputs: [], rows: [SIX], build: (t) => t.eye([2, 3], SIX) },
  {
    primitive: "eye",
    of: "a factor",
    inputs: [floats(2, 3)],
    rows: [SIX],
    build: (t, x) => t.mul(t.eye([2, 3], SIX), x!),
  },
  {
    primitive: "eye",
    of: "a choice",
    inputs: [floats(2, 3)],
    rows: [SIX],
    build: (t, x) => t.where(t.equal(t.eye([2, 3], SIX), 1), x!, t.exp(x!)),
  },
];

export const HIDDEN_AXES: readonly PrimitiveCase[] = [
  moves("shapeToRows", "a matrix", { ...floats(2, 3), hidden: withoutRows }, (t, x) => t.shapeToRows(x!, TWO), [
    "none",
    "instances",
    "rows",
    "both",
  ]),
  moves("shapeToRows", "a vector", { ...floats(2), hidden: withoutRows }, (t, x) => t.shapeToRows(t.exp(x!), TWO), [
    "none",
    "rows",
  ]),
  moves("rowsToShape", "a matrix", { ...floats(2, 3), hidden: withRows }, (t, x) => t.rowsToShape(x!), withoutRows),
  moves("rowsToShape", "scalars", { ...floats(), hidden: withRows }, (t, x) => t.rowsToShape(t.exp(x!)), withoutRows),
  moves(
    "expand",
    "rowsToShape of a value that all rows share",
    { ...floats(3), hidden: withoutRows },
    (t, x) => t.rowsToShape(x!, TWO),
    withoutRows,
  ),
  moves("rowsToShape", "integers", { ...ints(-3, 3, 2), hidden: withRows }, (t, x) => t.rowsToShape(x!), withoutRows),
  {
    primitive: "rowsToShape",
    of: "a product of rows and a value that they share",
    rows: [TWO],
    cotangents: withoutRows,
    inputs: [
      { ...floats(3), hidden: withRows },
      { ...floats(3), hidden: withoutRows },
    ],
    build: (t, a, b) => t.rowsToShape(t.mul(a!, b!)),
  },
  {
    primitive: "shapeToRows",
    of: "a matrix, then a product of rows and a value that they share",
    rows: [TWO],
    inputs: [{ ...floats(2, 3), hidden: withoutRows }, floats(3)],
    build: (t, a, b) => t.mul(t.shapeToRows(a!, TWO), b!),
  },
  {
    primitive: "spread",
    of: "a matrix",
    inputs: [floats(2, 2), floats(3)],
    build: (t, x, like) => t.spread(x!, like!),
  },
  {
    primitive: "spread",
    of: "integers",
    inputs: [ints(-3, 3, 2), floats()],
    build: (t, x, like) => t.spread(x!, like!),
  },
  ...(
    [
      [true, true],
      [true, false],
      [false, true],
    ] as const
  ).flatMap(([instances, rows]): PrimitiveCase[] => [
    {
      primitive: "sumHidden",
      of: `over${instances ? " instances" : ""}${rows ? " rows" : ""}`,
      inputs: [floats(2, 2)],
      cotangents: ["none"],
      build: (t, x) => t.sumHidden(t.exp(x!), { instances, rows }),
    },
    {
      primitive: "sumHidden",
      of: `of a product over${instances ? " instances" : ""}${rows ? " rows" : ""}`,
      inputs: [floats(2), floats(2)],
      cotangents: ["none"],
      build: (t, a, b) => t.sumHidden(t.mul(a!, b!), { instances, rows }),
    },
    ...(
      [
        [4, 1, 5],
        [7, 2, 6],
        [2, 3, 2],
      ] as const
    ).map(([m, k, n]): PrimitiveCase => ({
      primitive: "sumHidden",
      of: `of products [${m}, ${k}] · [${k}, ${n}] over${instances ? " instances" : ""}${rows ? " rows" : ""}`,
      inputs: [floats(m, k), floats(k, n)],
      cotangents: ["none"],
      build: (t, a, b) => t.sumHidden(t.matmul(a!, b!), { instances, rows }),
    })),
    {
      primitive: "sumHidden",
      of: `of what was spread, over${instances ? " instances" : ""}${rows ? " rows" : ""}`,
      inputs: [floats(2), floats()],
      cotangents: ["none"],
      build: (t, x, like) => t.sumHidden(t.spread(t.sin(x!), like!), { instances, rows }),
    },
  ]),
];
