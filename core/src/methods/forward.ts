import { beginsAffineStretch, boundsByBackward } from "../bounds/passes/backward.js";
import { forwardForms } from "../bounds/passes/forward.js";
import { defineMethod, type Method } from "./method.js";

/** Linear bounds carried forward from the perturbed inputs, for the intermediate bounds and the last one (Xu et al. 2020). */
export const forward: Method = defineMethod({
  name: "forward",
  description: "linear relaxations carried forward",
  intermediate: "forward",
  // The affine stretch before a spec goes backward: joined to the spec it loses nothing to the signs of coefficients.
  rows: (run, target, boundsOf) =>
    boundsByBackward(run, target, boundsOf, {
      at: (value, pair) =>
        beginsAffineStretch(run, value) ? forwardForms(run, boundsOf).substitute(value, pair) : undefined,
    }),
  elements: (run, value, boundsOf) => forwardForms(run, boundsOf).elements(value),
});
