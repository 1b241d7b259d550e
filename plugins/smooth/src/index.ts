import { definePlugin, type Plugin } from "@lirpa/core/plugin";
import { atan } from "./atan.js";
import { celu } from "./celu.js";
import { cos } from "./cos.js";
import { elu } from "./elu.js";
import { erf } from "./erf.js";
import { exp } from "./exp.js";
import { gelu } from "./gelu.js";
import { geluFormulas } from "./gelu-formulas.js";
import { hardSwish } from "./hard-swish.js";
import { log } from "./log.js";
import { mish } from "./mish.js";
import { pow } from "./pow.js";
import { reciprocal } from "./reciprocal.js";
import { selu } from "./selu.js";
import { sigmoid } from "./sigmoid.js";
import { sin } from "./sin.js";
import { softplus } from "./softplus.js";
import { softsign } from "./softsign.js";
import { sqrt } from "./sqrt.js";
import { tan } from "./tan.js";
import { tanh } from "./tanh.js";

/** Smooth functions of one variable, and what is nearly smooth. */
const plugin: Plugin = definePlugin({
  name: "@lirpa/plugin-smooth",
  apiVersion: 2,
  needs: ["Expand", "Identity", "Mul"],
  operators: [
    atan,
    celu,
    cos,
    elu,
    erf,
    exp,
    gelu,
    hardSwish,
    log,
    mish,
    pow,
    reciprocal,
    selu,
    sigmoid,
    sin,
    softplus,
    softsign,
    sqrt,
    tan,
    tanh,
  ],
  fusions: geluFormulas,
});

export default plugin;
