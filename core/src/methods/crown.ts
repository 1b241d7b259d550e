import { boundsByBackward } from "../bounds/passes/backward.js";
import { defineMethod, type Method } from "./method.js";

/**
 * Linear relaxations carried backward to the input, for the intermediate bounds as well (Zhang et al. 2018; on general
 * graphs Xu et al. 2020).
 */
export const crown: Method = defineMethod({
  name: "crown",
  description: "linear relaxations carried backward, for all bounds",
  intermediate: "rows",
  rows: (run, target, boundsOf) => boundsByBackward(run, target, boundsOf),
});
