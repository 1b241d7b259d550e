import {
  defineExecutor,
  emitOnnx,
  readProgram,
  sizeOfProgram,
  type CompiledProgram,
  type Executor,
  type SavedProgram,
} from "@lirpa/core/recording";
import { LirpaError } from "@lirpa/core";
import type { Env, InferenceSession, InferenceSessionFactory, TensorConstructor } from "onnxruntime-common";
import { compiled, messageOf, portsOf } from "./compiled.js";
import { OpenSession, OpenSessions } from "./open-session.js";

/** A package of ONNX Runtime, such as `onnxruntime-node` or `onnxruntime-web`: the part of it that executors use. */
export interface Ort {
  readonly InferenceSession: InferenceSessionFactory;
  readonly Tensor: TensorConstructor;
  readonly env: Env;
}

/** How ONNX Runtime runs programs. */
export interface OrtOptions {
  /** The executor's name, which is part of the keys of its programs. */
  readonly name: string;
  /** The execution provider, by ONNX Runtime's name. */
  readonly provider: string;
  /** Threads within one operation, where each session has its own; ONNX Runtime's choice where absent. */
  readonly threads?: number;
  /** So many sessions are open at a time: the one that ran longest ago is closed, and opened again by its next run. */
  readonly mostOpen?: number;
}

/** A saved program that is ready to run, with what its file says of it. */
export interface LoadedProgram extends CompiledProgram, SavedProgram {}

/**
 * Emits a program as one ONNX model and runs it in ONNX Runtime, in float32. Equal options for the same package give
 * the same executor, so that instances with a common cache share its programs. `LIRPA_EXECUTOR` is thrown where ONNX
 * Runtime refuses a program or fails in it.
 */
export function ortExecutor(ort: Ort, options: OrtOptions): Executor {
  const { executors } = stateOf(ort);
  const key = JSON.stringify([options.name, options.provider, options.threads, options.mostOpen]);
  let executor = executors.get(key);
  if (executor === undefined) executors.set(key, (executor = executorFor(ort, options)));
  return executor;
}

/**
 * Runs a saved program, such as `lirpa bounds --save` writes, without the model that it came from. What is fed is
 * checked against what the file says. Throws `LIRPA_MODEL` where the bytes are no saved program.
 */
export async function loadOrtProgram(ort: Ort, bytes: Uint8Array, options: OrtOptions): Promise<LoadedProgram> {
  const saved = readProgram(bytes);
  const open = (): Promise<InferenceSession> => createSession(ort, saved, bytes, options);
  const session = await OpenSession.by(open, stateOf(ort).sessions, options.mostOpen);
  return { ...saved, ...compiled(ort.Tensor, saved, session) };
}

interface OrtState {
  readonly executors: Map<string, Executor>;
  readonly sessions: OpenSessions;
}

/** What is kept for each package of ONNX Runtime: an executor itself holds nothing. */
const states = new WeakMap<Ort, OrtState>();

function stateOf(ort: Ort): OrtState {
  let state = states.get(ort);
  if (state === undefined) states.set(ort, (state = { executors: new Map(), sessions: new OpenSessions() }));
  return state;
}

function executorFor(ort: Ort, options: OrtOptions): Executor {
  const { sessions } = stateOf(ort);
  return defineExecutor({
    name: options.name,
    precision: "float32",
    compile: async (program) => {
      const size = { name: program.name, nodes: sizeOfProgram(program) };
      const open = (): Promise<InferenceSession> => createSession(ort, size, emitOnnx(program), options);
      const session = await OpenSession.by(open, sessions, options.mostOpen);
      return { ...compiled(ort.Tensor, portsOf(program), session), serialize: () => emitOnnx(program) };
    },
    load: (bytes) => loadOrtProgram(ort, bytes, options),
  });
}

/**
 * Above this, ONNX Runtime's own rewriting takes most of the time, and finds little that recording left:
 * docs/decisions/0005.
 */
const TOO_MANY_TO_REWRITE = 5000;
/**
 * Up to this many nodes ONNX Runtime may learn how a run uses memory and take it in one piece: 5 % of the time of a
 * small IBP program. Larger ones gain nothing, and would hold up to twice the memory.
 */
const FEW_NODES = 300;

async function createSession(
  ort: Ort,
  { name, nodes }: Pick<SavedProgram, "name" | "nodes">,
  bytes: Uint8Array,
  { provider, threads }: OrtOptions,
): Promise<InferenceSession> {
  // Native log lines would stand between ours; failures come as exceptions anyway.
  ort.env.logLevel = "fatal";
  try {
    return await ort.InferenceSession.create(bytes, {
      executionProviders: [provider],
      graphOptimizationLevel: nodes > TOO_MANY_TO_REWRITE ? "disabled" : "all",
      enableMemPattern: nodes <= FEW_NODES,
      logSeverityLevel: 4,
      ...(threads !== undefined && { intraOpNumThreads: threads }),
    });
  } catch (cause) {
    throw new LirpaError("LIRPA_EXECUTOR", `ONNX Runtime refuses the program ${name}: ${messageOf(cause)}`, {
      cause,
      hint: `Check that the execution provider ${provider} is there.`,
    });
  }
}
