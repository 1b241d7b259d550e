import { injectable } from "tsyringe";
import type { CompiledProgram } from "../plugin/executor.js";

/** Keeps compiled programs by a key that says all that they depend on. */
export interface ProgramCache {
  /** True where programs outlive the process: keys then name a model by its content. */
  readonly persistent?: boolean;
  /** The program of that key; `make` is called once where there is none. A failure is not kept. */
  get(key: string, make: () => Promise<CompiledProgram>): Promise<CompiledProgram>;
  /** A text that was noted under that key; `make` is called where there is none. Where absent, the engine keeps notes itself. */
  note?(key: string, make: () => string): Promise<string>;
  /** Gives back all programs. */
  clear(): Promise<void>;
}

const CAPACITY = 64;

/** In memory; the program that was not used for the longest time makes room. */
@injectable()
export class MemoryProgramCache implements ProgramCache {
  private readonly programs = new Map<string, Promise<CompiledProgram>>();

  async get(key: string, make: () => Promise<CompiledProgram>): Promise<CompiledProgram> {
    let program = this.programs.get(key);
    if (program === undefined) {
      program = make();
      program.catch(() => this.programs.delete(key));
    } else {
      this.programs.delete(key);
    }
    this.programs.set(key, program);
    for (const oldest of this.programs.keys()) {
      if (this.programs.size <= CAPACITY) break;
      this.programs.delete(oldest);
    }
    return program;
  }

  async clear(): Promise<void> {
    const programs = await Promise.allSettled(this.programs.values());
    this.programs.clear();
    await Promise.all(programs.map((program) => (program.status === "fulfilled" ? program.value.dispose() : undefined)));
  }
}
