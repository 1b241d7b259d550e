import { boundsByBackward } from "../bounds/backward.js";
import type { BoundRun, NodeInterval } from "../bounds/run.js";
import type { Value } from "../graph/resolved.js";
import { defineMethod, type Method } from "./method.js";

/**
 * Interval bound propagation (Gowal et al. 2018). The affine stretch before a spec is kept as an exact linear form and
 * meets intervals only where it ends.
 */
export const ibp: Method = defineMethod({
  name: "ibp",
  description: "interval arithmetic, the cheapest and loosest",
  intermediate: "interval",
  rows: (run, target, boundsOf) => boundsByBackward(run, target, boundsOf, { stopAt: (value) => endOfAffine(run, value) }),
  elements: (run, value) => run.interval(value),
});

function endOfAffine(run: BoundRun, value: Value): NodeInterval | undefined {
  const { producer } = value;
  return producer === undefined || run.rules(producer).isAffine(run, producer) ? undefined : run.interval(value);
}
