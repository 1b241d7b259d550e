import { boundsByBackward } from "../bounds/passes/backward.js";
import { defineMethod, type Method } from "./method.js";

/** Intermediate bounds by interval arithmetic, the last one by CROWN (Zhang et al. 2020, "CROWN-IBP"). */
export const crownIbp: Method = defineMethod({
  name: "crown-ibp",
  description: "intermediate bounds by interval arithmetic, the last one backward",
  intermediate: "interval",
  rows: (run, target, boundsOf) => boundsByBackward(run, target, boundsOf),
});
