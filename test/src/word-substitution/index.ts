import { definePlugin, type Plugin } from "@lirpa/core/plugin";
import { synonym } from "./synonym.js";

export { synonym } from "./synonym.js";

/** A plugin as a stranger would write it: it knows of lirpa only what `@lirpa/core/plugin` exports. */
const plugin: Plugin = definePlugin({
  name: "lirpa-perturbation-word-substitution",
  apiVersion: 2,
  perturbations: [synonym],
});

export default plugin;
