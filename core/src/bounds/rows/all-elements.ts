import type { Pair } from "../../plugin/pair.js";
import type { Value } from "../../graph/resolved.js";
import type { IrNode, RowSpace } from "../../tensor/ir.js";
import { sizeOf } from "../../tensor/shapes.js";
import type { Vocabulary } from "../../tensor/vocabulary.js";
import type { BoundRun, Target } from "../run.js";

/** Rows that bound elements of a value, and the way back from their bounds to intervals of the value. */
export interface ElementTarget {
  readonly target: Target;
  toIntervals(rows: Pair<IrNode>): Pair<IrNode>;
}

/** One row for each element of a value. */
export function allElements({ t }: BoundRun, value: Value): ElementTarget {
  const rows = elementRows(t, value);
  return {
    target: { value, rows, coefficients: t.eye(value.shape, rows) },
    toIntervals: ({ lower, upper }) => ({
      lower: t.reshape(t.rowsToShape(lower, rows), value.shape),
      upper: t.reshape(t.rowsToShape(upper, rows), value.shape),
    }),
  };
}

/** The space of one row for each element of a value. */
export function elementRows(t: Vocabulary, { name, shape }: Value): RowSpace {
  return t.rows({ name: `rows:${name}`, size: sizeOf(shape), kind: "elements", of: name });
}
