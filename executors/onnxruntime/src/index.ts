import { checkOptions, hintOf, LirpaError } from "@lirpa/core";
import type { Executor } from "@lirpa/core/recording";
import { loadOrtProgram, ortExecutor, type LoadedProgram, type OrtOptions } from "@lirpa/executor-onnxruntime-common";
import * as ort from "onnxruntime-node";

export type { LoadedProgram };

/** How ONNX Runtime runs programs. */
export interface OnnxRuntimeOptions {
  /** Where the program runs. `cuda` needs ONNX Runtime's GPU libraries (docs/executors.md). */
  readonly provider?: "cpu" | "cuda" | "webgpu";
  /** Threads within one operation; ONNX Runtime's choice where absent. */
  readonly threads?: number;
}

/** Emits a program as one ONNX model and runs it in ONNX Runtime, in float32. The default. */
export function onnxRuntimeExecutor(options: OnnxRuntimeOptions = {}): Executor {
  return ortExecutor(ort, checked(options, "onnxRuntimeExecutor"));
}

/**
 * Runs a saved program, such as `lirpa bounds --save` writes, without the model that it came from. What is fed is
 * checked against what the file says. Throws `LIRPA_MODEL` where the bytes are no saved program.
 */
export async function loadProgram(bytes: Uint8Array, options: OnnxRuntimeOptions = {}): Promise<LoadedProgram> {
  return loadOrtProgram(ort, bytes, checked(options, "loadProgram"));
}

const PROVIDERS = ["cpu", "cuda", "webgpu"];

/**
 * Every session has a pool of threads of its own, as many as there are cores: ONNX Runtime for Node offers no common
 * one. So at most this many that have a pool are open at a time.
 */
const MOST_OPEN = 24;

function checked(options: OnnxRuntimeOptions, what: string): OrtOptions {
  checkOptions(options, ["provider", "threads"], what);
  const { provider = "cpu", threads } = options;
  if (!PROVIDERS.includes(provider)) {
    throw new LirpaError("LIRPA_OPTION", `provider is ${JSON.stringify(provider)}`, {
      hint: hintOf(String(provider), PROVIDERS),
      details: { option: "provider" },
    });
  }
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1)) {
    throw new LirpaError("LIRPA_OPTION", `threads is ${String(threads)}`, {
      hint: "Give a whole number, 1 or more.",
      details: { option: "threads" },
    });
  }
  return {
    name: `onnxruntime-${provider}`,
    provider,
    ...(threads !== undefined && { threads }),
    ...(threads !== 1 && { mostOpen: MOST_OPEN }),
  };
}
