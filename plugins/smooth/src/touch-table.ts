import { sizeOf, type HostTensor, type Tensor, type TensorOps } from "@lirpa/core/plugin";

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
  const cells = Array.from({ length: CELLS }, (_, i) => ({
    first: f(i / CELLS),
    middle: f((i + 0.5) / CELLS),
    last: f((i + 1) / CELLS),
  }));
  const error = cells.reduce(
    (most, { first, middle, last }) => Math.max(most, Math.abs(middle - (first + last) / 2)),
    0,
  );
  const safe = shift === "down" ? -2 * error : 2 * error;
  const host = (numbers: readonly number[]): HostTensor => ({
    shape: [CELLS],
    dtype: "float",
    data: Float64Array.from(numbers),
  });
  return {
    values: host(cells.map(({ first }) => first + safe)),
    steps: host(cells.map(({ first, last }) => last + safe - (first + safe))),
  };
}

/** The table's value at positions in [0, 1]. */
export function lookup(t: TensorOps, { values, steps }: Table, position: Tensor): Tensor {
  const place = t.reshape(t.mul(t.min(t.relu(position), 1), CELLS), [sizeOf(position.shape)]);
  // A place that is no number has no cell; it must not be looked for beyond the table.
  const cell = t.where(t.greaterEqual(place, 0), t.min(t.floor(place), CELLS - 1), 0);
  const index = t.cast(cell, "int");
  const entry = (column: HostTensor): Tensor => t.gatherElements(t.constant(column), index, 0);
  return t.reshape(t.add(entry(values), t.mul(t.sub(place, cell), entry(steps))), position.shape);
}
