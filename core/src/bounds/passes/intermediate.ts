import type { Pair } from "../../plugin/pair.js";
import type { Value } from "../../graph/resolved.js";
import type { IrNode } from "../../tensor/ir.js";
import { tighter } from "../intervals.js";
import { intersect } from "../intersect.js";
import { elementTarget } from "./unstable-rows.js";
import type { BoundRun, Target } from "../run.js";
import type { BackwardOptions } from "./backward.js";
import { beforeAffineStretch, relaxedInputs } from "./demand.js";
import { forwardForms } from "./forward.js";
import { intervalIsExact, useOfIntervalStep, intervalByStep } from "./interval-steps.js";
import { stableOr } from "./stable.js";
import { intervalOf } from "./interval.js";

/** Bounds of a value that relaxations rely on. */
export type BoundsOf = (value: Value) => Pair<IrNode>;

/** Lower and upper bounds of a target's rows; `options` are handed on to the backward pass. */
export type Rows = (run: BoundRun, target: Target, boundsOf: BoundsOf, options?: BackwardOptions) => Pair<IrNode>;

/** Where the bounds that relaxations rely on come from. */
export interface Intermediate {
  bounds(run: BoundRun, value: Value, boundsOf: BoundsOf): Pair<IrNode>;
  /**
   * The values whose bounds those of a value rely on, as far as they are the nearest ones, found without recording:
   * their bounds come first, so that deep graphs take no deep stack.
   */
  reliesOn(run: BoundRun, value: Value): readonly Value[];
  /** True where a value's bounds take rows of its own, as those of CROWN do. Such values can be bounded one by one. */
  needsRows?(run: BoundRun, value: Value): boolean;
}

/** By interval arithmetic. */
export const intervalBounds: Intermediate = Object.freeze({
  bounds: (run, value) => intervalOf(run, value),
  reliesOn: () => [],
} satisfies Intermediate);

/** By linear forms carried forward. */
export const forwardBounds: Intermediate = Object.freeze({
  bounds: (run, value, boundsOf) => {
    if (isKnown(run, value)) return intervalOf(run, value);
    if (useOfIntervalStep(run, value) === "enough") return intervalByStep(run, value, boundsOf);
    return combined(run, value, forwardForms(run, boundsOf).elements(value), boundsOf);
  },
  reliesOn: nearest,
} satisfies Intermediate);

/** By rows of every value's own: one for each unstable element, bounded as `rows` says. */
export function rowBounds(rows: Rows): Required<Intermediate> {
  const needsRows = (run: BoundRun, value: Value): boolean =>
    !isKnown(run, value) && useOfIntervalStep(run, value) !== "enough";
  return Object.freeze({
    bounds: (run, value, boundsOf) => {
      if (isKnown(run, value)) return intervalOf(run, value);
      if (!needsRows(run, value)) return intervalByStep(run, value, boundsOf);
      return combined(run, value, run.fedRows(value) ?? ownRows(run, rows, value, boundsOf), boundsOf);
    },
    reliesOn: nearest,
    needsRows,
  } satisfies Required<Intermediate>);
}

/** The better of several bounds, at every value: all of them hold. */
export function bestOf(...parts: readonly [Intermediate, ...Intermediate[]]): Intermediate {
  return Object.freeze({
    bounds: (run, value, boundsOf) =>
      parts.map((part) => part.bounds(run, value, boundsOf)).reduce((best, bounds) => intersect(run.t, best, bounds)),
    reliesOn: (run, value) => [...new Set(parts.flatMap((part) => part.reliesOn(run, value)))],
  } satisfies Intermediate);
}

function ownRows(run: BoundRun, rows: Rows, value: Value, boundsOf: BoundsOf): Pair<IrNode> {
  const { target, toIntervals } = elementTarget(run, value);
  return toIntervals(rows(run, target, boundsOf));
}

/** True where `interval` gives what nothing improves. */
function isKnown(run: BoundRun, value: Value): boolean {
  return run.isFinal(value) || intervalIsExact(run, value);
}

/**
 * Linear bounds of a value; its interval where the neuron is stable, and the intersection with an interval step where
 * the producer is a product or custom.
 */
export function combined(run: BoundRun, value: Value, linear: Pair<IrNode>, boundsOf: BoundsOf): Pair<IrNode> {
  const bounds = stableOr(run, value, linear);
  return useOfIntervalStep(run, value) === "helps"
    ? tighter(run, bounds, intervalByStep(run, value, boundsOf))
    : bounds;
}

function nearest(run: BoundRun, value: Value): readonly Value[] {
  if (isKnown(run, value)) return [];
  const step = useOfIntervalStep(run, value);
  const own = step === "useless" ? [] : relaxedInputs(run, value.producer!);
  return step === "enough" || run.fedRows(value) !== undefined ? own : [...own, ...beforeAffineStretch(run, value)];
}
