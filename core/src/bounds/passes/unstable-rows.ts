import type { Value } from "../../graph/resolved.js";
import { sizeOf } from "../../tensor/shapes.js";
import type { IrNode, RowSpace } from "../../tensor/ir.js";
import type { Vocabulary } from "../../tensor/vocabulary.js";
import { allElements, type ElementTarget } from "../rows/all-elements.js";
import type { BoundRun } from "../run.js";
import { stableWhere } from "./stable.js";
import { intervalOf } from "./interval.js";

/** Below this all rows are cheaper than choosing among them. */
const FEWEST_TO_SELECT = 16;

/**
 * One CROWN row for each unstable element. Where interval arithmetic shows for every instance that all
 * operators which read an element are one line there, its interval is all that is needed and no row is spent on it.
 */
export function elementTarget(run: BoundRun, value: Value): ElementTarget {
  const index = unstableIndex(run, value);
  return index === undefined ? allElements(run, value) : unstableElements(run, value, index);
}

/** The places of the unstable elements, one in each row; undefined where all take a row. */
export function unstableIndex(run: BoundRun, value: Value): IrNode | undefined {
  const stable = sizeOf(value.shape) < FEWEST_TO_SELECT ? undefined : stableWhere(run, value, intervalOf(run, value));
  return stable === undefined ? undefined : indexOf(run, value, stable);
}

function indexOf({ t }: BoundRun, value: Value, stable: IrNode): IrNode {
  const size = sizeOf(value.shape);
  const unstable = t.reshape(t.where(t.expand(stable, value.shape), 0, 1), [size]);
  const anywhere = t.greater(t.sumHidden(unstable, { instances: true, rows: false }), 0);
  // At least one row: the first one stands in where all are stable.
  const none = t.lessEqual(t.reduceMax(t.where(anywhere, 1, 0)), 0);
  const first = t.equal(t.arange(size), t.constant(0, [], "int"));
  return t.rowsWhere(t.or(anywhere, t.and(none, first)), unstableRows(t, value));
}

function unstableElements(run: BoundRun, value: Value, index: IrNode): ElementTarget {
  const { t } = run;
  const size = sizeOf(value.shape);
  const interval = intervalOf(run, value);
  const place = (base: IrNode, values: IrNode): IrNode =>
    t.reshape(t.placeRows(t.reshape(t.expand(base, value.shape), [size]), values, index), value.shape);
  return {
    target: { value, rows: index.rows!, coefficients: t.pickedEye(index, value.shape) },
    toIntervals: ({ lower, upper }) => ({ lower: place(interval.lower, lower), upper: place(interval.upper, upper) }),
  };
}

/** The space of one row for each element that is unstable in some instance. */
function unstableRows(t: Vocabulary, { name, shape }: Value): RowSpace {
  return t.rows({ name: `unstable:${name}`, size: undefined, most: sizeOf(shape), kind: "unstable", of: name });
}
