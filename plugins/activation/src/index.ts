import { definePlugin, type Plugin } from "@lirpa/core/plugin";
import { abs } from "./abs.js";
import { clip } from "./clip.js";
import { hardSigmoid } from "./hard-sigmoid.js";
import { leakyRelu } from "./leaky-relu.js";
import { prelu } from "./prelu.js";
import { relu } from "./relu.js";
import { sign } from "./sign.js";

/** Piecewise linear activations. */
const plugin: Plugin = definePlugin({
  name: "@lirpa/plugin-activation",
  apiVersion: 2,
  operators: [abs, clip, hardSigmoid, leakyRelu, prelu, relu, sign],
});

export default plugin;
