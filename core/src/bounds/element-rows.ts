import type { Value } from "../graph/resolved.js";
import { sizeOf } from "../tensor/shapes.js";
import type { RowSpace } from "../tensor/ir.js";
import { allElements, type ElementTarget } from "./precise.js";
import type { BoundRun, NodeInterval } from "./run.js";
import { stableWhere } from "./stable.js";

/** Below this all rows are cheaper than choosing among them. */
const FEWEST_TO_SELECT = 16;

/**
 * One row for each element that a linear form may help. Where interval arithmetic shows for every instance that all
 * operators which read an element are one line there, its interval is all that is needed and no row is spent on it.
 */
export function elementTarget(run: BoundRun, value: Value): ElementTarget {
  const interval = run.interval(value);
  const stable = sizeOf(value.shape) < FEWEST_TO_SELECT ? undefined : stableWhere(run, value, interval);
  return stable === undefined ? allElements(run, value) : selectedElements(run, value, interval, stable);
}

function selectedElements({ t }: BoundRun, value: Value, interval: NodeInterval, stable: NodeInterval["lower"]): ElementTarget {
  const size = sizeOf(value.shape);
  const rows = selectedRows(value);
  const unstable = t.reshape(t.where(t.expand(stable, value.shape), 0, 1), [size]);
  const anywhere = t.greater(t.sumHidden(unstable, { instances: true, rows: false }), 0);
  // At least one row: the first one stands in where all are stable.
  const none = t.lessEqual(t.reduceMax(t.where(anywhere, 1, 0)), 0);
  const first = t.equal(t.arange(size), t.constant(0, [], "int"));
  const index = t.rowsWhere(t.or(anywhere, t.and(none, first)), rows);
  const place = (base: NodeInterval["lower"], values: NodeInterval["lower"]): NodeInterval["lower"] =>
    t.reshape(t.placeRows(t.reshape(t.expand(base, value.shape), [size]), values, index), value.shape);
  return {
    target: { value, rows, coefficients: t.pickedEye(index, value.shape) },
    toIntervals: ({ lower, upper }) => ({ lower: place(interval.lower, lower), upper: place(interval.upper, upper) }),
  };
}

const spaces = new WeakMap<Value, RowSpace>();

function selectedRows(value: Value): RowSpace {
  let rows = spaces.get(value);
  if (rows === undefined) spaces.set(value, (rows = Object.freeze({ name: `selected:${value.name}`, size: undefined, most: sizeOf(value.shape) })));
  return rows;
}
