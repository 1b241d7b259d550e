import { definePlugin, type Plugin } from "@lirpa/core/plugin";
import { reduceL1, reduceLogSum, reduceMin, reduceSumSquare } from "./composites.js";
import { argMax, argMin, reduceProd } from "./on-constants.js";
import { reduceL2 } from "./reduce-l2.js";
import { reduceMax } from "./reduce-max.js";
import { reduceMean, reduceSum } from "./sums.js";

/** Reductions over axes. */
const plugin: Plugin = definePlugin({
  name: "@lirpa/plugin-reduction",
  apiVersion: 2,
  needs: ["Abs", "Log", "Neg", "lirpa:Square"],
  operators: [
    argMax,
    argMin,
    reduceL1,
    reduceL2,
    reduceLogSum,
    reduceMax,
    reduceMean,
    reduceMin,
    reduceProd,
    reduceSum,
    reduceSumSquare,
  ],
});

export default plugin;
