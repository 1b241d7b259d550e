import { definePlugin, type Plugin } from "@lirpa/core/plugin";
import { convTranspose } from "./conv-transpose.js";
import { conv } from "./conv.js";

/** Convolutions over one to three spatial axes. */
const plugin: Plugin = definePlugin({
  name: "@lirpa/plugin-convolution",
  apiVersion: 2,
  operators: [conv, convTranspose],
});

export default plugin;
