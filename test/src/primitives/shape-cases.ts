import type { IrNode, PrimitiveName, Vocabulary } from "@lirpa/core/recording";
import { bools, floats, ints, type InputSketch, type PrimitiveCase } from "./sketch.js";

function moved(
  primitive: PrimitiveName,
  of: string,
  shape: readonly number[],
  build: (t: Vocabulary, x: IrNode) => IrNode,
): PrimitiveCase {
  return { primitive, of, inputs: [{ shape }], build: (t, x) => build(t, x!) };
}

/** What moves floats moves integers and bools. */
function anyType(primitive: PrimitiveName, build: (t: Vocabulary, x: IrNode) => IrNode): PrimitiveCase[] {
  const kinds: readonly [string, InputSketch][] = [
    ["integers", ints(-3, 3, 2, 3)],
    ["bools", bools(2, 3)],
  ];
  return kinds.map(([of, sketch]) => ({ primitive, of, inputs: [sketch], build: (t, x) => build(t, x!) }));
}

export const SHAPE: readonly PrimitiveCase[] = [
  moved("reshape", "[2, 3] to [3, 2]", [2, 3], (t, x) => t.reshape(x, [3, 2])),
  moved("reshape", "[2, 3] to [6]", [2, 3], (t, x) => t.reshape(x, [6])),
  moved("reshape", "[1] to a scalar", [1], (t, x) => t.reshape(x, [])),
  moved("reshape", "a scalar to [1, 1]", [], (t, x) => t.reshape(x, [1, 1])),
  moved("transpose", "all axes", [2, 3, 2], (t, x) => t.transpose(x)),
  moved("transpose", "[2, 0, 1]", [2, 3, 2], (t, x) => t.transpose(x, [2, 0, 1])),
  moved("transpose", "negative axes", [2, 3, 2], (t, x) => t.transpose(x, [-3, -1, -2])),
  moved("expand", "[3, 1] to [2, 3, 2]", [3, 1], (t, x) => t.expand(x, [2, 3, 2])),
  moved("expand", "a scalar to [2]", [], (t, x) => t.expand(x, [2])),
  moved("slice", "a part", [4, 3], (t, x) => t.slice(x, [1, 0], [3, 2])),
  moved("slice", "with steps", [5, 4], (t, x) => t.slice(x, [0, 1], [5, 4], [2, 2])),
  moved("slice", "with steps that end early", [6], (t, x) => t.slice(x, [1], [5], [3])),
  moved("flip", "one axis", [2, 3], (t, x) => t.flip(x, [1])),
  moved("flip", "two axes", [2, 3, 2], (t, x) => t.flip(x, [0, -1])),
  moved("pad", "both ends", [2, 2], (t, x) => t.pad(x, [1, 0], [0, 2])),
  moved("pad", "with a value", [2], (t, x) => t.pad(x, [1], [1], -7)),
  moved("pad", "between", [3, 2], (t, x) => t.pad(x, [0, 0], [0, 0], 0, [1, 2])),
  moved("pad", "between and at the ends, with a value", [3, 1], (t, x) => t.pad(x, [1, 1], [0, 2], 0.5, [2, 3])),
  ...anyType("reshape", (t, x) => t.reshape(x, [6])),
  ...anyType("transpose", (t, x) => t.transpose(x)),
  ...anyType("expand", (t, x) => t.expand(x, [2, 2, 3])),
  ...anyType("concat", (t, x) => t.concat([x, x], 0)),
  ...anyType("slice", (t, x) => t.slice(x, [0, 1], [2, 3])),
  ...anyType("flip", (t, x) => t.flip(x, [1])),
  ...anyType("pad", (t, x) => t.pad(x, [1, 0], [0, 1], 1)),
  {
    primitive: "concat",
    of: "two along axis 0",
    inputs: [floats(1, 2), floats(2, 2)],
    build: (t, a, b) => t.concat([a!, b!], 0),
  },
  {
    primitive: "concat",
    of: "two along the last axis",
    inputs: [floats(2, 1), floats(2, 2)],
    build: (t, a, b) => t.concat([a!, b!], -1),
  },
  {
    primitive: "concat",
    of: "a value twice and a constant",
    inputs: [floats(2)],
    build: (t, x) => t.concat([x!, t.constant([1, 2]), x!], 0),
  },
];
