import type { HostTensor } from "./tensor.js";
import type { Program } from "./program.js";

/** Arrays by the names of a program's ports, in their physical shape `[instances or 1, rows or 1, ...shape]`. */
export type Feeds = Readonly<Record<string, HostTensor>>;

/** State of a program that is run on its own results: for each output that is carried, the input that it becomes. */
export type Carry = Readonly<Record<string, string>>;

/**
 * A program that is run again and again on its own results. What is carried stays with the executor, which need not
 * copy it to the host and back. Arrays must not change as long as they are fed.
 */
export interface Loop {
  /**
   * One run. What is given replaces what was fed under its name before, from this step on. Gives the outputs that are
   * not carried. A step that fails carries nothing over. Steps follow each other, also where a call does not wait for
   * the one before. Throws `LIRPA_EXECUTOR` as a run does, `LIRPA_OPTION` for a carried output that there is not, and
   * `LIRPA_DISPOSED`.
   */
  step(feeds?: Feeds): Promise<Feeds>;
  /** What the next step would be fed under these names of inputs: state, after the steps that were asked for. */
  read(names: readonly string[]): Promise<Feeds>;
  /** Waits for the steps that were asked for, and gives back the state. The program may go on. */
  dispose(): Promise<void>;
}

/** A program that is ready to run, in a process or on a device. */
export interface CompiledProgram {
  /**
   * Runs the program. Every input of the program must be there; its array has the program's physical shape
   * `[instances or 1, rows or 1, ...shape]`, and so have the outputs.
   */
  run(inputs: Feeds): Promise<Record<string, HostTensor>>;
  /**
   * A loop that keeps its state where the program runs. Absent where nothing is gained by that: `loopOf` gives the same
   * for any program.
   */
  loop?(feeds: Feeds, carry: Carry): Loop;
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
