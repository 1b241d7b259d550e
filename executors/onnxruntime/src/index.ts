import { checkOptions, defineExecutor, emitOnnx, hintOf, isLirpaError, LirpaError, readProgram, sizeOfProgram, type CompiledProgram, type DType, type Executor, type HostTensor, type Program, type SavedProgram } from "@lirpa/core";
import { env, InferenceSession, Tensor } from "onnxruntime-node";
import { checkFeeds } from "./feeds.js";
import { OpenSession } from "./open-session.js";

/** How ONNX Runtime runs programs. */
export interface OnnxRuntimeOptions {
  /** Where the program runs. `cuda` needs ONNX Runtime's GPU libraries (docs/executors.md). */
  readonly provider?: "cpu" | "cuda" | "webgpu";
  /** Threads within one operation; ONNX Runtime's choice where absent. */
  readonly threads?: number;
}

/** A saved program that is ready to run, with what its file says of it. */
export interface LoadedProgram extends CompiledProgram, SavedProgram {}

/** Emits a program as one ONNX model and runs it in ONNX Runtime, in float32. The default. */
export function onnxRuntimeExecutor(options: OnnxRuntimeOptions = {}): Executor {
  checkRuntimeOptions(options, "onnxRuntimeExecutor");
  const { provider = "cpu", threads } = options;
  const key = JSON.stringify([provider, threads]);
  let executor = executors.get(key);
  if (executor === undefined) executors.set(key, (executor = executorFor({ provider, ...(threads !== undefined && { threads }) })));
  return executor;
}

/** An executor holds nothing: of equal options there is one, so that instances with a common cache share its programs. */
const executors = new Map<string, Executor>();

function executorFor(options: OnnxRuntimeOptions): Executor {
  return defineExecutor({
    name: `onnxruntime-${options.provider ?? "cpu"}`,
    precision: "float32",
    compile: async (program) => {
      const open = (): Promise<InferenceSession> => createSession({ name: program.name, nodes: sizeOfProgram(program) }, emitOnnx(program), options);
      return { ...compiled(portsOf(program), await OpenSession.by(open, options.threads)), serialize: () => emitOnnx(program) };
    },
    load: (bytes) => loadProgram(bytes, options),
  });
}

/**
 * Runs a saved program, such as `lirpa bounds --save` writes, without the model that it came from. What is fed is checked
 * against what the file says. Throws `LIRPA_MODEL` where the bytes are no saved program.
 */
export async function loadProgram(bytes: Uint8Array, options: OnnxRuntimeOptions = {}): Promise<LoadedProgram> {
  checkRuntimeOptions(options, "loadProgram");
  const saved = readProgram(bytes);
  return { ...saved, ...compiled(saved, await OpenSession.by(() => createSession(saved, bytes, options), options.threads)) };
}

const PROVIDERS = ["cpu", "cuda", "webgpu"];

function checkRuntimeOptions(options: OnnxRuntimeOptions, what: string): void {
  checkOptions(options, ["provider", "threads"], what);
  const { provider = "cpu", threads } = options;
  if (!PROVIDERS.includes(provider)) {
    throw new LirpaError("LIRPA_OPTION", `provider is ${JSON.stringify(provider)}`, { hint: hintOf(String(provider), PROVIDERS), details: { option: "provider" } });
  }
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1)) {
    throw new LirpaError("LIRPA_OPTION", `threads is ${String(threads)}`, { hint: "Give a whole number, 1 or more.", details: { option: "threads" } });
  }
}

/** What a session takes and gives. */
type Ports = Pick<SavedProgram, "name" | "inputs" | "outputs">;

function portsOf({ name, inputs, outputs }: Program): Ports {
  return { name, inputs, outputs: Object.entries(outputs).map(([name, { shape, dtype }]) => ({ name, shape, dtype, instances: false, rows: false })) };
}

/** Above this, ONNX Runtime's own rewriting takes most of the time, and finds little that recording left: docs/decisions/0005. */
const TOO_MANY_TO_REWRITE = 5000;
/**
 * Up to this many nodes ONNX Runtime may learn how a run uses memory and take it in one piece: 5 % of the time of a small
 * IBP program. Larger ones gain nothing, and would hold up to twice the memory.
 */
const FEW_NODES = 300;

async function createSession({ name, nodes }: Pick<SavedProgram, "name" | "nodes">, bytes: Uint8Array, { provider = "cpu", threads }: OnnxRuntimeOptions): Promise<InferenceSession> {
  // Native log lines would stand between ours; failures come as exceptions anyway.
  env.logLevel = "fatal";
  try {
    return await InferenceSession.create(bytes, {
      executionProviders: [provider],
      graphOptimizationLevel: nodes > TOO_MANY_TO_REWRITE ? "disabled" : "all",
      enableMemPattern: nodes <= FEW_NODES,
      logSeverityLevel: 4,
      ...(threads !== undefined && { intraOpNumThreads: threads }),
    });
  } catch (cause) {
    throw new LirpaError("LIRPA_EXECUTOR", `ONNX Runtime refuses the program ${name}: ${messageOf(cause)}`, {
      cause,
      hint: "Check the execution provider; `cpu` runs everywhere.",
    });
  }
}

function compiled({ name: program, inputs: ports, outputs }: Ports, session: OpenSession): CompiledProgram {
  const dtypes = new Map(outputs.map(({ name, dtype }) => [name, dtype]));
  return {
    run: async (inputs) => {
      checkFeeds(ports, inputs);
      const feeds = Object.fromEntries(ports.map(({ name }) => [name, toTensor(inputs[name]!)]));
      try {
        const results = await session.run(feeds);
        return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, fromTensor(value, dtypes.get(name)!)]));
      } catch (cause) {
        if (isLirpaError(cause)) throw cause;
        throw new LirpaError("LIRPA_EXECUTOR", `ONNX Runtime failed in the program ${program}: ${messageOf(cause)}`, { cause });
      }
    },
    release: () => session.release(),
    dispose: () => session.dispose(),
  };
}

function toTensor({ shape, dtype, data }: HostTensor): Tensor {
  const dims = [...shape];
  switch (dtype) {
    case "float":
      return new Tensor("float32", data instanceof Float32Array ? data : new Float32Array(data), dims);
    case "int":
      return new Tensor("int64", BigInt64Array.from(Array.from(data, BigInt)), dims);
    case "bool":
      return new Tensor("bool", Uint8Array.from(data), dims);
  }
}

function fromTensor(value: Tensor, dtype: DType): HostTensor {
  const data = value.data instanceof Float32Array ? value.data : Float64Array.from(value.data as ArrayLike<number>, Number);
  return { shape: value.dims, dtype, data };
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
