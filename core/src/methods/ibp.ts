import { beginsAffineStretch, boundsByBackward, overBox } from "../bounds/passes/backward.js";
import { asTerms } from "../bounds/fact.js";
import { defineMethod, type Method } from "./method.js";

/**
 * Interval bound propagation (Gowal et al. 2018). The affine stretch before a spec is kept as an exact linear form and
 * meets intervals only where it begins.
 */
export const ibp: Method = defineMethod({
  name: "ibp",
  description: "interval arithmetic, the cheapest and loosest",
  intermediate: "interval",
  relaxes: false,
  rows: (run, target, boundsOf) =>
    boundsByBackward(run, target, boundsOf, {
      at: (value, pair) =>
        beginsAffineStretch(run, value)
          ? { bias: overBox(run, pair, asTerms(run, value, run.interval(value))) }
          : undefined,
    }),
  elements: (run, value) => run.interval(value),
});
