import type { HostTensor, Tensor, TensorOps } from "@lirpa/core/plugin";

/** Cells of a table, and so steps of a lookup. */
const CELLS = 256;

/** A function on [0, 1], read by linear interpolation between evenly spaced values. */
export interface Table {
  readonly values: HostTensor;
  readonly steps: HostTensor;
}

/**
 * Tabulates a function on the host. `shift` moves the values to the side on which errors of interpolation do no harm,
 * by twice the greatest of them.
 */
export function tabulate(f: (position: number) => number, shift: "down" | "up"): Table {
  const exact = Float64Array.from({ length: 2 * CELLS + 1 }, (_, i) => f(i / (2 * CELLS)));
  let error = 0;
  for (let i = 1; i < exact.length; i += 2) error = Math.max(error, Math.abs(exact[i]! - (exact[i - 1]! + exact[i + 1]!) / 2));
  const safe = shift === "down" ? -2 * error : 2 * error;
  const at = (i: number): number => exact[2 * i]! + safe;
  const host = (data: Float64Array): HostTensor => ({ shape: [CELLS], dtype: "float", data });
  return {
    values: host(Float64Array.from({ length: CELLS }, (_, i) => at(i))),
    steps: host(Float64Array.from({ length: CELLS }, (_, i) => at(i + 1) - at(i))),
  };
}

/** The table's value at positions in [0, 1]. */
export function lookup(t: TensorOps, { values, steps }: Table, position: Tensor): Tensor {
  const place = t.reshape(t.mul(t.min(t.relu(position), 1), CELLS), [position.shape.reduce((product, size) => product * size, 1)]);
  // A place that is no number has no cell; it must not be looked for beyond the table.
  const cell = t.where(t.greaterEqual(place, 0), t.min(t.floor(place), CELLS - 1), 0);
  const index = t.cast(cell, "int");
  const entry = (column: HostTensor): Tensor => t.gatherElements(t.constant(column), index, 0);
  return t.reshape(t.add(entry(values), t.mul(t.sub(place, cell), entry(steps))), position.shape);
}
