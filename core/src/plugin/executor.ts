import type { HostTensor } from "./tensor.js";
import type { Program } from "./program.js";

/** A program that is ready to run, in a process or on a device. */
export interface CompiledProgram {
  /**
   * Runs the program. Every input of the program must be there; its array has the program's physical shape
   * `[instances or 1, rows or 1, ...shape]`, and so have the outputs.
   */
  run(inputs: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>>;
  /** Gives back the memory that runs took, where the program would keep it for the next one. It may run again. */
  release?(): Promise<void>;
  /** Gives back what the program holds. A disposed program must not run again. */
  dispose(): Promise<void>;
  /** The program as bytes that the same executor's `load` takes. Absent where programs cannot be kept in files. */
  serialize?(): Uint8Array;
}

/** Runs recorded programs. */
export interface Executor {
  readonly $$type: "lirpa.executor";
  readonly name: string;
  /** What the numbers are computed in. */
  readonly precision: "float32" | "float64";
  /** Throws `LIRPA_EXECUTOR` where the program cannot run here. */
  compile(program: Program): Promise<CompiledProgram>;
  /** A program from the bytes that `serialize` gave, without recording it again. Throws where they are none. */
  load?(bytes: Uint8Array): Promise<CompiledProgram>;
}

/** Freezes and brands an executor. */
export function defineExecutor(executor: Omit<Executor, "$$type">): Executor {
  return Object.freeze({ ...executor, $$type: "lirpa.executor" });
}
