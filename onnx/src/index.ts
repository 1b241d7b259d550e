/** Reads and writes ONNX models. No file system, no Node API: runs in a browser. */
export { readModel, type ReadModelOptions } from "./read-model.js";
export { writeModel } from "./write-model.js";
export type { ReadExternal } from "./external-data.js";
export { describeInput } from "./inputs.js";
