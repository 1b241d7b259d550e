import { defineExecutor, emitOnnx, LirpaError, type CompiledProgram, type DType, type Executor, type HostTensor, type Program } from "@lirpa/core";
import { env, InferenceSession, Tensor } from "onnxruntime-node";

export interface OnnxRuntimeOptions {
  /** Where the program runs. `cuda` needs ONNX Runtime's GPU libraries (docs/executors.md). */
  readonly provider?: "cpu" | "cuda" | "webgpu";
  /** Threads within one operation; ONNX Runtime's choice where absent. */
  readonly threads?: number;
}

/** Emits a program as one ONNX model and runs it in ONNX Runtime, in float32. The default. */
export function onnxRuntimeExecutor(options: OnnxRuntimeOptions = {}): Executor {
  const { provider = "cpu", threads } = options;
  // Native log lines would stand between ours; failures come as exceptions anyway.
  env.logLevel = "fatal";
  return defineExecutor({
    name: `onnxruntime-${provider}`,
    precision: "float32",
    compile: async (program) => {
      const session = await createSession(program, {
        executionProviders: [provider],
        graphOptimizationLevel: "all",
        logSeverityLevel: 3,
        ...(threads !== undefined && { intraOpNumThreads: threads }),
      });
      return compiled(program, session);
    },
  });
}

async function createSession(program: Program, options: InferenceSession.SessionOptions): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(emitOnnx(program), options);
  } catch (cause) {
    if (cause instanceof LirpaError) throw cause;
    throw new LirpaError("LIRPA_EXECUTOR", `ONNX Runtime refuses the program ${program.name}: ${messageOf(cause)}`, {
      cause,
      hint: "Check the execution provider; `cpu` runs everywhere.",
    });
  }
}

function compiled(program: Program, session: InferenceSession): CompiledProgram {
  const dtypes = Object.fromEntries(Object.entries(program.outputs).map(([name, { dtype }]) => [name, dtype]));
  return {
    run: async (inputs) => {
      const feeds: Record<string, Tensor> = {};
      for (const { name } of program.inputs) {
        const value = inputs[name];
        if (value === undefined) throw new LirpaError("LIRPA_EXECUTOR", `the program's input ${name} was not fed`);
        feeds[name] = toTensor(value);
      }
      try {
        const results = await session.run(feeds);
        return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, fromTensor(value, dtypes[name]!)]));
      } catch (cause) {
        throw new LirpaError("LIRPA_EXECUTOR", `ONNX Runtime failed in the program ${program.name}: ${messageOf(cause)}`, { cause });
      }
    },
    dispose: () => session.release(),
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
