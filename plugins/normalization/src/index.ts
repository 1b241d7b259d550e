import { definePlugin, type Plugin } from "@lirpa/core/plugin";
import { groupNormalization, instanceNormalization } from "./group-normalization.js";
import { inverseDeviation } from "./inverse-deviation.js";
import { layerNormalization, rmsNormalization } from "./layer-normalization.js";
import { logSoftmax } from "./log-softmax.js";
import { reduceLogSumExp } from "./reduce-log-sum-exp.js";
import { softmax } from "./softmax.js";
import { standardized } from "./standardized.js";

/** Softmax and its like, and normalizations by mean and deviation. */
const plugin: Plugin = definePlugin({
  name: "@lirpa/plugin-normalization",
  apiVersion: 2,
  needs: ["Add", "Exp", "Identity", "Mul", "ReduceMean", "Reshape", "Sub", "lirpa:Square"],
  operators: [
    groupNormalization,
    instanceNormalization,
    layerNormalization,
    logSoftmax,
    reduceLogSumExp,
    rmsNormalization,
    softmax,
    inverseDeviation,
    standardized,
  ],
});

export default plugin;
