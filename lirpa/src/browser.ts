/** lirpa in browsers: the standard packs, ONNX Runtime's WebAssembly and the importer; no files, no registry. */
export * from "./everywhere.js";
export { loadProgram, onnxRuntimeWebExecutor, type LoadedProgram } from "@lirpa/executor-onnxruntime-web";
export { createLirpa } from "./create-browser.js";
export type { CommonOptions } from "./options.js";
