/** lirpa with batteries: the standard packs, ONNX Runtime and the importer. */
export * from "@lirpa/core";
export { box, lp } from "@lirpa/perturbation-lp";
export { loadProgram, onnxRuntimeExecutor, type LoadedProgram, type OnnxRuntimeOptions } from "@lirpa/executor-onnxruntime";
export { createLirpa, type BatteriesOptions } from "./create.js";
export type { CommonOptions } from "./options.js";
export type { LirpaWithFiles, ModelSource } from "./source.js";
export { standardPlugins } from "./standard-plugins.js";
export { diskProgramCache, type DiskCacheOptions } from "./disk-cache.js";
export { catalogue } from "./catalogue.js";
export { readQuery, type Query } from "./query-file.js";
