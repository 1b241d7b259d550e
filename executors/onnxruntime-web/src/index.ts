import type { Executor } from "@lirpa/core/recording";
import { loadOrtProgram, ortExecutor, type LoadedProgram, type OrtOptions } from "@lirpa/executor-onnxruntime-common";
import * as ort from "onnxruntime-web/wasm";

export type { LoadedProgram };

/** All sessions have one pool of threads: `env.wasm.numThreads` of onnxruntime-web says how many. */
const OPTIONS: OrtOptions = { name: "onnxruntime-web-wasm", provider: "wasm" };

/**
 * Emits a program as one ONNX model and runs it in ONNX Runtime's WebAssembly, in float32. Its file
 * `ort-wasm-simd-threaded.wasm` is looked for beside the script, or where `env.wasm.wasmPaths` of onnxruntime-web says.
 */
export function onnxRuntimeWebExecutor(): Executor {
  return ortExecutor(ort, OPTIONS);
}

/**
 * Runs a saved program, such as `lirpa bounds --save` writes, without the model that it came from. What is fed is
 * checked against what the file says. Throws `LIRPA_MODEL` where the bytes are no saved program.
 */
export async function loadProgram(bytes: Uint8Array): Promise<LoadedProgram> {
  return loadOrtProgram(ort, bytes, OPTIONS);
}
