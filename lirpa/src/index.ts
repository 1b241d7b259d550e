/** lirpa with batteries: the standard packs, ONNX Runtime and the importer. */
export * from "@lirpa/core";
export { box, lp } from "@lirpa/perturbation-lp";
export { loadProgram, onnxRuntimeExecutor, type LoadedProgram, type OnnxRuntimeOptions } from "@lirpa/executor-onnxruntime";
export { createLirpa, standardPlugins, type BatteriesOptions, type LirpaWithFiles } from "./create.js";
export { diskProgramCache, type DiskCacheOptions } from "./disk-cache.js";
export { catalogue } from "./catalogue.js";
export { readQuery, type Query } from "./query-file.js";
