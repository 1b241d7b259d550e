// What lirpa exports in Node and in browsers alike.

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
export { readQuery, type Query } from "./query-file.js";
export type { Lirpa, ModelSource } from "./source.js";
export { standardPlugins } from "./standard-plugins.js";
