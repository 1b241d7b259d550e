import type { Value } from "../../graph/resolved.js";
import type { IrNode } from "../../tensor/ir.js";
import { sizeOf } from "../../tensor/shapes.js";
import type { Vocabulary } from "../../tensor/vocabulary.js";
import { elementRows } from "./all-elements.js";

/** A forward form's coefficients as a matrix: [elements of the source, elements of the value]. */
export function columns(t: Vocabulary, source: Value, value: Value, coefficients: IrNode): IrNode {
  const expanded = t.expand(coefficients, value.shape);
  return t.reshape(t.rowsToShape(expanded, elementRows(t, source)), [sizeOf(source.shape), sizeOf(value.shape)]);
}

/** The way back: one row for each element of the source, in the value's shape. */
export function fromColumns(t: Vocabulary, source: Value, value: Value, matrix: IrNode): IrNode {
  return t.reshape(t.shapeToRows(matrix, elementRows(t, source)), value.shape);
}
