import { definePlugin, type Plugin } from "@lirpa/core/plugin";
import { lpPerturbation } from "./perturbation.js";

export { lpPerturbation } from "./perturbation.js";
export { box, lp, type BoxOptions, type LpOptions } from "./query.js";

const plugin: Plugin = definePlugin({
  name: "@lirpa/perturbation-lp",
  apiVersion: 1,
  perturbations: [lpPerturbation],
});

export default plugin;
