import { definePlugin, type Plugin } from "@lirpa/core/plugin";
import { gemm } from "./gemm.js";

/** Affine operators and products. */
const plugin: Plugin = definePlugin({ name: "@lirpa/plugin-linear", apiVersion: 1, operators: [gemm] });

export default plugin;
