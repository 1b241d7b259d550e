import type { CompiledProgram } from "../plugin/executor.js";
import { Recent } from "../recent.js";
import { MemoryProgramCache, type InstanceCode, type ProgramCache } from "./cache.js";
import { identityOfAll } from "./identity.js";
import { EMITTER_VERSION } from "./saved.js";
import { isShared } from "./shared.js";

const NOTES = 512;

/**
 * An instance's programs and notes. Its code is part of every key: what tells its plugins, methods and executor apart
 * from others of their names. Programs of a cache that outlives the process are held in memory besides, and only there
 * where nothing names the code in another process.
 */
export class KeptPrograms {
  private readonly memory: ProgramCache;
  /** The prefix of keys in memory, and in the cache that outlives the process. */
  private readonly own: string;
  private readonly elsewhere: string | undefined;
  private readonly notes = new Recent<unknown>(NOTES);

  constructor(
    code: InstanceCode,
    private readonly cache: ProgramCache | undefined,
  ) {
    const named = cache?.persistent === true ? cache.codeOf?.(code) : undefined;
    this.memory = cache === undefined || cache.persistent === true ? new MemoryProgramCache() : cache;
    this.own = `${code.executor.name}|${localCode(code)}`;
    this.elsewhere = named === undefined ? undefined : `${code.executor.name}|${named}`;
  }

  /** True where keys must name a model by its content: others may read or write the same ones. */
  get areShared(): boolean {
    return this.cache !== undefined;
  }

  /** Uses the program of a key; until the work is done nobody disposes of it. */
  async use<T>(
    key: string,
    make: () => Promise<CompiledProgram>,
    work: (program: CompiledProgram) => Promise<T>,
  ): Promise<T> {
    for (;;) {
      const program = await this.memory.get(`${this.own}|${key}`, () => this.made(key, make));
      if (!isShared(program)) return work(program);
      // It may have been disposed of since: then the cache has it no more, and makes another one.
      if (!program.enter()) continue;
      try {
        return await work(program);
      } finally {
        program.leave();
      }
    }
  }

  private made(key: string, make: () => Promise<CompiledProgram>): Promise<CompiledProgram> {
    return this.elsewhere === undefined ? make() : this.cache!.get(`${this.elsewhere}|${key}`, make);
  }

  /** What was found out before, plain JSON: as a text it outlives the process where programs do. */
  async note<T>(key: string, find: () => T): Promise<T> {
    let found = this.notes.get(key) as T | undefined;
    if (found === undefined) {
      const cache = this.cache?.persistent === true && this.elsewhere === undefined ? undefined : this.cache;
      const text = await cache?.note?.(`${this.elsewhere ?? this.own}|${key}`, () => JSON.stringify(find()));
      found = text === undefined ? find() : (JSON.parse(text) as T);
      this.notes.set(key, found);
    }
    return found;
  }

  /** Gives back the programs of one problem, unless others may use them. */
  async forget(key: string): Promise<void> {
    if (this.memory !== this.cache) await this.memory.forget?.(`${this.own}|${key}|`);
  }

  /** Gives back what this instance alone holds: a cache that was handed over is cleared by whoever made it. */
  async dispose(): Promise<void> {
    this.notes.clear();
    if (this.memory !== this.cache) await this.memory.clear();
  }
}

/** Names code by identity, for this process. */
function localCode({ executor, registry }: InstanceCode): string {
  const all = identityOfAll([["core", KeptPrograms], ["executor", executor], ...registry.parts()]);
  return `${EMITTER_VERSION}${all}`;
}
