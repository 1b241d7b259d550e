/** What the executors by ONNX Runtime share; none of its packages is imported here. */
export { loadOrtProgram, ortExecutor, type LoadedProgram, type Ort, type OrtOptions } from "./executor.js";
