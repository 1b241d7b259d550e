import { definePlugin, type Plugin } from "@lirpa/core/plugin";
import { lpPerturbation } from "./perturbation.js";

export { lpPerturbation } from "./perturbation.js";
export { box, lp, type BoxOptions, type LpOptions } from "./query.js";

/** Balls in the lp norms, and boxes. */
const plugin: Plugin = definePlugin({
  name: "@lirpa/perturbation-lp",
  apiVersion: 2,
  perturbations: [lpPerturbation],
});

export default plugin;
