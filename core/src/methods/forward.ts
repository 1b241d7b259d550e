import { beginsAffineStretch, boundsByBackward, firstOf } from "../bounds/passes/backward.js";
import { forwardForms } from "../bounds/passes/forward.js";
import { forwardBounds } from "../bounds/passes/intermediate.js";
import { defineMethod, type Method } from "./method.js";
import { recorded } from "./recorded.js";

/**
 * Linear bounds carried forward from the perturbed inputs, for the intermediate bounds and the last one (Xu et al.
 * 2020).
 */
export const forward: Method = defineMethod({
  name: "forward",
  description: "linear relaxations carried forward",
  needs: "forward",
  ...recorded("forward", {
    intermediate: forwardBounds,
    // The affine stretch before a spec goes backward: joined to the spec it loses nothing to the signs of coefficients.
    rows: (run, target, boundsOf, options = {}) =>
      boundsByBackward(run, target, boundsOf, {
        at: firstOf(options.at, (value, pair) => {
          if (!beginsAffineStretch(run, value)) return undefined;
          return forwardForms(run, boundsOf).substitute(value, pair);
        }),
      }),
    elements: (run, value, boundsOf) => forwardForms(run, boundsOf).elements(value),
  }),
});
