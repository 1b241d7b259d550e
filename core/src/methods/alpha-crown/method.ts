import { boundsByBackward } from "../../bounds/passes/backward.js";
import { defineMethod, type Method } from "../method.js";

/**
 * CROWN whose relaxations' free values are optimized, for each instance, row and side by itself (Xu et al. 2021, "Fast
 * and Complete: Enabling Complete Neural Network Verification with Rapid and Massively Parallel Incomplete Verifiers").
 */
export const alphaCrown: Method = defineMethod({
  name: "alpha-crown",
  description: "CROWN with the relaxations' free values optimized",
  intermediate: "rows",
  optimizes: true,
  rows: (run, target, boundsOf) => boundsByBackward(run, target, boundsOf),
});
