/** lirpa with batteries: the standard packs, ONNX Runtime and the importer. */
export * from "./everywhere.js";
export {
  loadProgram,
  onnxRuntimeExecutor,
  type LoadedProgram,
  type OnnxRuntimeOptions,
} from "@lirpa/executor-onnxruntime";
export { createLirpa, type LirpaOptions } from "./create.js";
export { catalogue } from "./catalogue.js";
export { diskProgramCache, type DiskCacheOptions } from "./disk-cache.js";
