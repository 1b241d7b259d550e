import { definePlugin, type Plugin } from "@lirpa/core/plugin";
import { add } from "./add.js";
import { batchNormalization } from "./batch-normalization.js";
import { cast } from "./cast.js";
import { div } from "./div.js";
import { dropout } from "./dropout.js";
import { gemm } from "./gemm.js";
import { matMul } from "./mat-mul.js";
import { mul } from "./mul.js";
import { neg } from "./neg.js";
import { square } from "./square.js";
import { sub } from "./sub.js";
import { sum } from "./sum.js";

/** Affine operators and products. */
const plugin: Plugin = definePlugin({
  name: "@lirpa/plugin-linear",
  apiVersion: 2,
  needs: ["Reciprocal"],
  operators: [add, batchNormalization, cast, div, dropout, gemm, matMul, mul, neg, square, sub, sum],
});

export default plugin;
