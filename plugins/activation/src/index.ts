import { definePlugin, type Plugin } from "@lirpa/core/plugin";
import { relu } from "./relu.js";

/** Piecewise linear activations. */
const plugin: Plugin = definePlugin({ name: "@lirpa/plugin-activation", apiVersion: 1, operators: [relu] });

export default plugin;
