import { definePlugin, type Plugin } from "@lirpa/core/plugin";
import { averagePool } from "./average-pool.js";
import { globalAveragePool } from "./global-average-pool.js";
import { globalMaxPool } from "./global-max-pool.js";
import { maxPool } from "./max-pool.js";
import { resize, upsample } from "./resize.js";

/** Pooling over one to three spatial axes, and resizing. */
const plugin: Plugin = definePlugin({
  name: "@lirpa/plugin-pooling",
  apiVersion: 2,
  operators: [averagePool, globalAveragePool, globalMaxPool, maxPool, resize, upsample],
});

export default plugin;
