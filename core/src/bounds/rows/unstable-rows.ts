import type { Value } from "../../graph/resolved.js";
import { sizeOf } from "../../tensor/shapes.js";
import type { IrNode, RowSpace } from "../../tensor/ir.js";
import { allElements, type ElementTarget } from "../passes/precise.js";
import type { BoundRun } from "../run.js";
import { stableWhere } from "../passes/stable.js";

/** Below this all rows are cheaper than choosing among them. */
const FEWEST_TO_SELECT = 16;

/**
 * One row for each element that a linear form may help. Where interval arithmetic shows for every instance that all
 * operators which read an element are one line there, its interval is all that is needed and no row is spent on it.
 */
export function elementTarget(run: BoundRun, value: Value): ElementTarget {
  const index = selectedIndex(run, value);
  return index === undefined ? allElements(run, value) : selectedElements(run, value, index);
}

/** The places of the elements that a linear form may help, one in each row; undefined where all take a row. */
export function selectedIndex(run: BoundRun, value: Value): IrNode | undefined {
  const stable = sizeOf(value.shape) < FEWEST_TO_SELECT ? undefined : stableWhere(run, value, run.interval(value));
  return stable === undefined ? undefined : indexOf(run, value, stable);
}

function indexOf({ t }: BoundRun, value: Value, stable: IrNode): IrNode {
  const size = sizeOf(value.shape);
  const unstable = t.reshape(t.where(t.expand(stable, value.shape), 0, 1), [size]);
  const anywhere = t.greater(t.sumHidden(unstable, { instances: true, rows: false }), 0);
  // At least one row: the first one stands in where all are stable.
  const none = t.lessEqual(t.reduceMax(t.where(anywhere, 1, 0)), 0);
  const first = t.equal(t.arange(size), t.constant(0, [], "int"));
  return t.rowsWhere(t.or(anywhere, t.and(none, first)), selectedRows(value));
}

function selectedElements(run: BoundRun, value: Value, index: IrNode): ElementTarget {
  const { t } = run;
  const size = sizeOf(value.shape);
  const interval = run.interval(value);
  const place = (base: IrNode, values: IrNode): IrNode =>
    t.reshape(t.placeRows(t.reshape(t.expand(base, value.shape), [size]), values, index), value.shape);
  return {
    target: { value, rows: index.rows!, coefficients: t.pickedEye(index, value.shape) },
    toIntervals: ({ lower, upper }) => ({ lower: place(interval.lower, lower), upper: place(interval.upper, upper) }),
  };
}

const spaces = new WeakMap<Value, RowSpace>();

function selectedRows(value: Value): RowSpace {
  let rows = spaces.get(value);
  if (rows === undefined) spaces.set(value, (rows = Object.freeze({ name: `selected:${value.name}`, size: undefined, most: sizeOf(value.shape) })));
  return rows;
}
