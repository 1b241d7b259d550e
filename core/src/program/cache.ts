import type { CompiledProgram, Executor } from "../plugin/executor.js";
import type { PluginRegistry } from "../registry/plugin-registry.js";
import { Recent } from "../recent.js";
import { SharedProgram } from "./shared.js";

/** The code of an instance: all that its programs depend on besides models and queries. */
export interface InstanceCode {
  readonly executor: Executor;
  /** Plugins and methods. */
  readonly registry: PluginRegistry;
}

/**
 * Keeps compiled programs by a key that says all that they depend on. Instances may share a cache: their keys differ
 * where their plugins, methods or executors do, and models of equal content have equal keys. It is whoever made it who
 * clears it.
 */
export interface ProgramCache {
  /** True where programs outlive the process. Then `codeOf` is asked, and nothing is kept where it does not answer. */
  readonly persistent?: boolean;
  /** What names an instance's code in another process too; undefined where nothing does. */
  codeOf?(code: InstanceCode): string | undefined;
  /** The program of that key; `make` is called once where there is none. A failure is not kept. */
  get(key: string, make: () => Promise<CompiledProgram>): Promise<CompiledProgram>;
  /**
   * A text that was noted under that key; `make` is called where there is none. Where absent, the engine keeps some
   * itself.
   */
  note?(key: string, make: () => string): Promise<string>;
  /** Gives back the programs whose keys begin so, where the cache is one instance's own. */
  forget?(prefix: string): Promise<void>;
  /** Gives back all programs. */
  clear(): Promise<void>;
}

const CAPACITY = 64;

/** In memory; the program that was not used for the longest time makes room, and is disposed of when nobody runs it. */
export class MemoryProgramCache implements ProgramCache {
  private readonly programs: Recent<Promise<SharedProgram>>;

  constructor(capacity: number = CAPACITY) {
    this.programs = new Recent(capacity, (program) => void disposeOf(program));
  }

  async get(key: string, make: () => Promise<CompiledProgram>): Promise<CompiledProgram> {
    const known = this.programs.get(key);
    if (known !== undefined) return known;
    const program = make().then((made) => new SharedProgram(made));
    program.catch(() => this.programs.forget(key, program));
    this.programs.set(key, program);
    return program;
  }

  async forget(prefix: string): Promise<void> {
    await Promise.all(this.programs.clearOf(prefix).map(disposeOf));
  }

  async clear(): Promise<void> {
    await Promise.all(this.programs.clear().map(disposeOf));
  }
}

/** A program that could not be made holds nothing. */
async function disposeOf(program: Promise<SharedProgram>): Promise<void> {
  await program.then(
    (made) => made.dispose(),
    () => undefined,
  );
}
