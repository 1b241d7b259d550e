/** The contract between lirpa and its plugins: types, `define*` functions and errors. All that a plugin depends on. */
export * from "./attributes.js";
export * from "./errors.js";
export * from "./fusion.js";
export * from "./host-size.js";
export * from "./nearest.js";
export * from "./operator.js";
export * from "./options.js";
export * from "./pair.js";
export * from "./perturbation.js";
export { API_VERSION, definePlugin, type Plugin, type PluginDefinition } from "./plugin.js";
export * from "./reading.js";
export * from "./reductions.js";
export * from "./tensor.js";
export * from "./windows.js";
