export * from "./plugin/index.js";
export type { Dimension, Graph, GraphInput, GraphNode } from "./graph/graph.js";
