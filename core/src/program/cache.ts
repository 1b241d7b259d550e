import { injectable } from "tsyringe";
import type { CompiledProgram } from "../plugin/executor.js";

/** Keeps compiled programs by a key that says all that they depend on. */
export interface ProgramCache {
  /** True where programs outlive the process: keys then name a model by its content. */
  readonly persistent?: boolean;
  /** The program of that key; `make` is called once where there is none. A failure is not kept. */
  get(key: string, make: () => Promise<CompiledProgram>): Promise<CompiledProgram>;
  /** A text that was noted under that key; `make` is called where there is none. Absent: nothing is noted. */
  note?(key: string, make: () => string): Promise<string>;
  /** Gives back all programs. */
  clear(): Promise<void>;
}

/** What was found out before, from a cache that takes notes. */
export async function keptNote<T>(cache: ProgramCache, key: string, make: () => T): Promise<T> {
  return cache.note === undefined ? make() : (JSON.parse(await cache.note(key, () => JSON.stringify(make()))) as T);
}

const CAPACITY = 64;

/** In memory; the program that was not used for the longest time makes room. */
@injectable()
export class MemoryProgramCache implements ProgramCache {
  private readonly programs = new Map<string, Promise<CompiledProgram>>();
  private readonly notes = new Map<string, string>();

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

  async note(key: string, make: () => string): Promise<string> {
    let text = this.notes.get(key);
    if (text === undefined) this.notes.set(key, (text = make()));
    return text;
  }

  async clear(): Promise<void> {
    this.notes.clear();
    const programs = await Promise.allSettled(this.programs.values());
    this.programs.clear();
    await Promise.all(programs.map((program) => (program.status === "fulfilled" ? program.value.dispose() : undefined)));
  }
}
