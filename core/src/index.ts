export * from "./plugin/index.js";
export type { Dimension, Graph, GraphInput, GraphNode } from "./graph/graph.js";
export type { IrNode, RowSpace } from "./tensor/ir.js";
export { evaluate } from "./tensor/evaluate.js";
export { vjp } from "./tensor/gradient.js";
export { Vocabulary, type Marks } from "./tensor/vocabulary.js";
export { emitOnnx, evaluateProgram, makeProgram } from "./program/program.js";
