import { forwardForms } from "../bounds/forward.js";
import { defineMethod, type Method } from "./method.js";

/** Linear bounds carried forward from the perturbed inputs, for the intermediate bounds and the last one (Xu et al. 2020). */
export const forward: Method = defineMethod({
  name: "forward",
  description: "linear relaxations carried forward",
  intermediate: "forward",
  rows: (run, target, boundsOf) => forwardForms(run, boundsOf).rows(target),
  elements: (run, value, boundsOf) => forwardForms(run, boundsOf).elements(value),
});
