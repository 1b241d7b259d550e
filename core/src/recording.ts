/**
 * What records, transforms and runs programs: for executors, methods, training and the conformance kit. Unstable: this
 * door follows the inside of core, and may change with any version.
 */
export {
  defineExecutor,
  type Carry,
  type CompiledProgram,
  type Executor,
  type Feeds,
  type Loop,
} from "./plugin/executor.js";
export type { Port, PortRole, Program } from "./plugin/program.js";
export type { HostLoop, InTurns, MethodHost, MethodState, Outcome, Runnable } from "./run/host.js";
export { crownRecipe } from "./methods/crown.js";
export { defineMethod, type AnyMethod, type Method } from "./methods/method.js";
export { recorded } from "./methods/recorded.js";
export {
  bestOf,
  forwardBounds,
  intervalBounds,
  rowBounds,
  type BoundsOf,
  type Intermediate,
  type Rows,
} from "./bounds/passes/intermediate.js";
export { intersect } from "./bounds/intersect.js";
export { inputNames, newRun, type BoundProblem, type SourceStructure, type Wanted } from "./bounds/problem.js";
export { boundsBy, recordWhole, type Recipe } from "./bounds/recording/whole.js";
export type { BoundRun, Fed, GivenBounds, RunOptions, Source, Target } from "./bounds/run.js";
export { rulesOf } from "./bounds/kinds/table.js";
export { intervalOf } from "./bounds/passes/interval.js";
export { forwardForms, type ForwardForms } from "./bounds/passes/forward.js";
export { namesOfEnds, resultNames } from "./bounds/recording/results.js";
export { overBox } from "./bounds/rows/over-box.js";
export { boundsByBackward, firstOf, type BackwardOptions, type Ended, type Share } from "./bounds/passes/backward.js";
export type { ForwardContext, ForwardForm, KindRules, StepContext } from "./bounds/kind-rules.js";
export { adam, adamConstants, adamFeeds, adamNames, adamStart, type Variable } from "./optimizer/adam.js";
export { nextOf, nextState, stateInput, type NextState } from "./optimizer/state.js";
export { extendProgram, partsOf, type ProgramParts } from "./program/extend.js";
export { gradientNames, valueAndGradients } from "./program/gradients.js";
export { CarriedLoop, loopOf, type LoopBody } from "./program/loop.js";
export { emitOnnx, evaluateProgram, makeProgram, sizeOfProgram } from "./program/program.js";
export { portName } from "./program/ports.js";
export { EMITTER_VERSION, readProgram, type SavedProgram } from "./program/saved.js";
export type { IrNode, RowSpace } from "./tensor/ir.js";
export { evaluate } from "./tensor/evaluate.js";
export { topological } from "./tensor/order.js";
export { factOf } from "./tensor/primitives/fact.js";
export { inputOf, isConstant } from "./tensor/primitives/leaves.js";
export type { BinaryName, PrimitiveName, UnaryName } from "./tensor/primitives/names.js";
export { PRIMITIVES } from "./tensor/primitives/table.js";
export { batchMoments, type BatchMoments } from "./tensor/batch-moments.js";
export { localizeRows } from "./tensor/transforms/localize.js";
export { substitute } from "./tensor/transforms/substitute.js";
export { vjp } from "./tensor/gradient.js";
export { verifyNodes } from "./tensor/verify.js";
export { Vocabulary, type Marks } from "./tensor/vocabulary.js";
