import { beginsAffineStretch, boundsByBackward, firstOf } from "../bounds/passes/backward.js";
import { overBox } from "../bounds/rows/over-box.js";
import { asTerms } from "../bounds/fact.js";
import { intervalBounds } from "../bounds/passes/intermediate.js";
import { defineMethod, type Method } from "./method.js";
import { recorded } from "./recorded.js";
import { intervalOf } from "../bounds/passes/interval.js";

/**
 * Interval bound propagation (Gowal et al. 2018). The affine stretch before a spec is kept as an exact linear form and
 * meets intervals only where it begins.
 */
export const ibp: Method = defineMethod({
  name: "ibp",
  description: "interval arithmetic, the cheapest and loosest",
  needs: "interval",
  relaxes: false,
  ...recorded("ibp", {
    intermediate: intervalBounds,
    rows: (run, target, boundsOf, options = {}) =>
      boundsByBackward(run, target, boundsOf, {
        at: firstOf(options.at, (value, pair) => {
          if (!beginsAffineStretch(run, value)) return undefined;
          return { bias: overBox(run, pair, asTerms(run, value, intervalOf(run, value))) };
        }),
      }),
    elements: (run, value) => intervalOf(run, value),
  }),
});
