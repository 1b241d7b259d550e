import "reflect-metadata";
import { container, inject, injectable } from "tsyringe";
import type { Executor } from "./plugin/executor.js";
import type { Plugin } from "./plugin/plugin.js";
import { Engine } from "./engine.js";
import type { Graph } from "./graph/graph.js";
import type { Method } from "./methods/method.js";
import { MethodTable, standardMethods } from "./methods/table.js";
import { Model } from "./model.js";
import { MemoryProgramCache, type ProgramCache } from "./program/cache.js";
import { contentHash } from "./program/fingerprint.js";
import { PluginRegistry, type Catalogue } from "./registry/plugin-registry.js";
import { TOKENS } from "./tokens.js";

/** What lirpa is put together from. */
export interface LirpaOptions {
  readonly plugins: readonly Plugin[];
  readonly executor: Executor;
  /** In memory where absent. */
  readonly cache?: ProgramCache;
  /** Core's own where absent. */
  readonly methods?: readonly Method[];
  /** Which package to name where an operator or perturbation is missing. */
  readonly catalogue?: Catalogue;
  /** Bytes that intermediate values may take; 2 GiB where absent. */
  readonly memory?: number;
}

const TWO_GIBIBYTES = 2 * 2 ** 30;

/** Plugins, methods, executor and cache, wired. */
@injectable()
export class Lirpa {
  private count = 0;

  constructor(
    @inject(TOKENS.registry) readonly registry: PluginRegistry,
    @inject(TOKENS.methods) readonly methods: MethodTable,
    @inject(TOKENS.cache) private readonly cache: ProgramCache,
    @inject(Engine) private readonly engine: Engine,
  ) {}

  /** A model from a graph that an importer or a builder made. Nothing is checked or recorded yet. */
  model(graph: Graph): Model {
    const name = `${graph.name}#${this.count++}`;
    let content: Promise<string> | undefined;
    // A name of this process will do, unless programs outlive it.
    const id = (): Promise<string> => (this.cache.persistent === true ? (content ??= contentHash(graph)) : Promise.resolve(name));
    return new Model(graph, id, this.registry, this.methods, this.engine);
  }

  /** Gives back compiled programs. */
  async dispose(): Promise<void> {
    await this.cache.clear();
  }
}

/**
 * The one place where parts are put together: a container of its own for each instance, so that two share nothing.
 * Throws `LIRPA_PLUGIN` or `LIRPA_CONFLICT` for plugins that cannot be used together.
 */
export function createLirpa(options: LirpaOptions): Lirpa {
  const own = container.createChildContainer();
  own.registerInstance(TOKENS.registry, PluginRegistry.from(options.plugins, options.catalogue));
  own.registerInstance(TOKENS.methods, new MethodTable(options.methods ?? standardMethods));
  own.registerInstance(TOKENS.executor, options.executor);
  own.registerInstance(TOKENS.cache, options.cache ?? new MemoryProgramCache());
  own.registerInstance(TOKENS.memory, options.memory ?? TWO_GIBIBYTES);
  own.registerSingleton(Engine);
  return own.resolve(Lirpa);
}
