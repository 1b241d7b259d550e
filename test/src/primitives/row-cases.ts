import type { IrNode, PrimitiveName, RowSpace, Vocabulary } from "@lirpa/core/recording";
import { floats, given, ints, type Hidden, type InputSketch, type PrimitiveCase } from "./sketch.js";

/** Rows that a run decides on: two of four. */
const PICKED: RowSpace = { name: "picked", size: undefined, most: 4 };
const withoutRows: readonly Hidden[] = ["none", "instances"];
const mask: InputSketch = { ...given([0, 1, 0, 1], "bool"), hidden: ["none"] };

function picked(
  primitive: PrimitiveName,
  of: string,
  inputs: readonly InputSketch[],
  build: (t: Vocabulary, index: IrNode, ...inputs: IrNode[]) => IrNode,
  cotangents?: readonly Hidden[],
): PrimitiveCase {
  return {
    primitive,
    of,
    rows: [PICKED],
    inputs: [mask, ...inputs],
    build: (t, where, ...rest) => build(t, t.rowsWhere(where!, PICKED), ...rest),
    ...(cotangents && { cotangents }),
  };
}

export const PICKED_ROWS: readonly PrimitiveCase[] = [
  picked("rowsWhere", "two places", [], (_, index) => index),
  picked("pickByRow", "rows of a matrix", [{ ...floats(4, 3), hidden: withoutRows }], (t, index, x) =>
    t.pickByRow(x!, index),
  ),
  picked("pickByRow", "elements", [{ ...floats(4), hidden: withoutRows }, floats()], (t, index, x, y) =>
    t.mul(t.pickByRow(x!, index), y!),
  ),
  picked("pickByRow", "integers", [{ ...ints(-3, 3, 4), hidden: withoutRows }], (t, index, x) =>
    t.pickByRow(x!, index),
  ),
  picked("pickByRow", "at other places than the mask's", [{ ...floats(2, 2), hidden: withoutRows }], (t, index, x) =>
    t.pickByRow(t.exp(x!), t.div(index, 2)),
  ),
  picked("pickedEye", "alone", [], (t, index) => t.pickedEye(index, [2, 2])),
  picked("pickedEye", "a factor", [floats(2, 2)], (t, index, x) => t.mul(t.pickedEye(index, [2, 2]), x!)),
  picked(
    "placeRows",
    "numbers for some elements",
    [
      { ...floats(4), hidden: withoutRows },
      { ...floats(), hidden: ["rows", "both"] },
    ],
    (t, index, base, values) => t.placeRows(base!, t.sin(values!), index),
    withoutRows,
  ),
  picked(
    "placeRows",
    "one number for all",
    [
      { ...floats(4), hidden: withoutRows },
      { ...floats(), hidden: withoutRows },
    ],
    (t, index, base, value) => t.placeRows(base!, value!, index),
    withoutRows,
  ),
  picked(
    "placeRows",
    "what was picked",
    [{ ...floats(4), hidden: withoutRows }],
    (t, index, x) => t.placeRows(t.exp(x!), t.square(t.pickByRow(x!, index)), index),
    withoutRows,
  ),
];
