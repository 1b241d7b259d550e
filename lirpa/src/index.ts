/** lirpa with batteries: the standard packs, ONNX Runtime and the importer. */
export {
  isLirpaError,
  LirpaError,
  perturbed,
  type BoundInput,
  type BoundOptions,
  type Bounds,
  type ErrorCode,
  type Graph,
  type MethodOptions,
  type Model,
  type NodeExplanation,
  type Numbers,
  type Perturbed,
  type Prepared,
  type PreparedOptions,
  type ProblemStructure,
  type ProgramCache,
  type Warning,
} from "@lirpa/core";
export type { Executor } from "@lirpa/core/recording";
export type { HostTensor, Plugin } from "@lirpa/core/plugin";
export { box, lp } from "@lirpa/perturbation-lp";
export {
  loadProgram,
  onnxRuntimeExecutor,
  type LoadedProgram,
  type OnnxRuntimeOptions,
} from "@lirpa/executor-onnxruntime";
export { createLirpa, type LirpaOptions } from "./create.js";
export type { Lirpa, ModelSource } from "./source.js";
export { catalogue } from "./catalogue.js";
export { standardPlugins } from "./standard-plugins.js";
export { diskProgramCache, type DiskCacheOptions } from "./disk-cache.js";
export { readQuery, type Query } from "./query-file.js";
