import { definePlugin, type Plugin } from "@lirpa/core/plugin";
import { lpPerturbations } from "./perturbation.js";

export { box, lp, type BoxOptions, type LpOptions } from "./query.js";

/** Balls in the lp norms, and boxes. */
const plugin: Plugin = definePlugin({
  name: "@lirpa/perturbation-lp",
  apiVersion: 2,
  perturbations: lpPerturbations,
});

export default plugin;
