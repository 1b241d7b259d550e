import "reflect-metadata";
import { container, inject, injectable } from "tsyringe";
import type { Executor } from "./plugin/executor.js";
import { LirpaError } from "./plugin/errors.js";
import { checkOptions } from "./plugin/options.js";
import type { Plugin } from "./plugin/plugin.js";
import { Engine } from "./run/engine.js";
import { checkMemory } from "./run/memory.js";
import { copyGraph } from "./graph/copy.js";
import type { Graph } from "./graph/graph.js";
import type { Method } from "./methods/method.js";
import { coreMethods } from "./methods/standard.js";
import { Model } from "./model.js";
import type { ProgramCache } from "./program/cache.js";
import { contentHash } from "./program/fingerprint.js";
import { KeptPrograms } from "./program/kept.js";
import { PluginRegistry, type Catalogue } from "./registry/plugin-registry.js";
import { TOKENS } from "./tokens.js";

/** What lirpa is put together from. */
export interface Composition {
  readonly plugins: readonly Plugin[];
  readonly executor: Executor;
  /**
   * In memory where absent. One that is given may be shared with other instances, and is theirs to clear who made it.
   */
  readonly cache?: ProgramCache;
  /**
   * In place of core's own, not beside them: a list that shall have these too begins with `...standardMethods`.
   * Methods of plugins are there besides.
   */
  readonly methods?: readonly Method[];
  /** Which package to name where an operator or perturbation is missing. */
  readonly catalogue?: Catalogue;
  /** Bytes that intermediate values may take; 2 GiB where absent. */
  readonly memory?: number;
}

const TWO_GIBIBYTES = 2 * 2 ** 30;

/** How a graph becomes a model. */
export interface ModelOptions {
  /** False where nobody else holds the graph, as after reading it from a file; else it is copied. */
  readonly copy?: boolean;
}

/** Plugins, executor and cache, wired; the registry has the methods, too. */
@injectable()
export class Lirpa implements AsyncDisposable {
  private count = 0;

  constructor(
    @inject(TOKENS.registry) readonly registry: PluginRegistry,
    @inject(TOKENS.programs) private readonly programs: KeptPrograms,
    @inject(Engine) private readonly engine: Engine,
  ) {}

  /**
   * A model from a graph that an importer or a builder made. Nothing is checked or recorded yet; the graph is copied,
   * so that it may change afterwards.
   */
  model(graph: Graph, options: ModelOptions = {}): Model {
    checkOptions(options, ["copy"], "model");
    const { copy = true } = options;
    demandGraph(graph);
    const own = copy ? copyGraph(graph) : graph;
    const name = `${own.name}#${this.count++}`;
    let content: Promise<string> | undefined;
    // A name of this instance will do, unless others read the same keys.
    const id = (): Promise<string> => (this.programs.areShared ? (content ??= contentOf(own)) : Promise.resolve(name));
    return new Model(own, id, this.registry, this.engine, this.engine.lifecycle);
  }

  /**
   * Waits for the calls that are under way and gives back compiled programs. Models that were made before are done
   * with: their calls throw `LIRPA_DISPOSED` from now on. New ones may be made, and call for another `dispose()`. A
   * cache that was handed over keeps its programs: others may use them.
   */
  dispose(): Promise<void> {
    return this.engine.dispose();
  }

  /** As `dispose`, so that `await using` ends it with the block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

/** What is put together is what it says it is; plugins and methods are looked into when they are read. */
function checkParts({ plugins, methods, executor, cache, catalogue }: Composition): void {
  const wrong = (option: string, what: string, hint: string): LirpaError =>
    new LirpaError("LIRPA_OPTION", `${option} is no ${what}`, { hint, details: { option } });
  if (!Array.isArray(plugins)) throw wrong("plugins", "list of plugins", "Give a list of what definePlugin() made.");
  if (methods !== undefined && !(Array.isArray(methods) && methods.length > 0)) {
    const hint = "Methods come from defineMethod(); leave the option out for those of core.";
    throw wrong("methods", "list of methods", hint);
  }
  if (typeof executor?.compile !== "function")
    throw wrong("executor", "executor", "Executors come from packages, or from defineExecutor().");
  if (cache !== undefined && [cache?.get, cache?.clear].some((part) => typeof part !== "function")) {
    throw wrong("cache", "cache of programs", "It has the functions get and clear; leave it out for one in memory.");
  }
  if (catalogue !== undefined && (typeof catalogue !== "object" || catalogue === null || Array.isArray(catalogue))) {
    throw wrong("catalogue", "catalogue", "Give names of packages by operator.");
  }
}

/** What importers and builders make; its nodes are looked into when it is resolved. */
function demandGraph(graph: Graph): void {
  const lists = typeof graph === "object" && graph !== null ? [graph.inputs, graph.nodes, graph.outputs] : [undefined];
  if (lists.every(Array.isArray) && typeof graph.initializers?.get === "function") return;
  throw new LirpaError("LIRPA_GRAPH", "what was given is no graph: it needs inputs, nodes, outputs and initializers", {
    hint: "Read one with readModel() or load().",
  });
}

/** Equal for graphs of equal content; a graph that holds more than plain data is like no other one, in any process. */
async function contentOf(graph: Graph): Promise<string> {
  return contentHash(graph).catch(() => `${graph.name} ${Date.now()} ${Math.random()}`);
}

/**
 * The one place where parts are put together: a container of its own for each instance, so that two share nothing but
 * the cache that both are given. Throws `LIRPA_PLUGIN` or `LIRPA_CONFLICT` for plugins that cannot be used together,
 * and `LIRPA_OPTION` for options that there are not.
 */
export function composeLirpa(options: Composition): Lirpa {
  checkOptions(options, ["plugins", "executor", "cache", "methods", "catalogue", "memory"], "composeLirpa");
  checkMemory(options.memory);
  checkParts(options);
  const parts = container.createChildContainer();
  const { executor, cache, methods } = options;
  const own = methods === undefined ? coreMethods : { from: "the option methods", methods };
  const registry = PluginRegistry.from(options.plugins, options.catalogue, own);
  parts.registerInstance(TOKENS.registry, registry);
  parts.registerInstance(TOKENS.executor, executor);
  parts.registerInstance(TOKENS.programs, new KeptPrograms({ executor, registry }, cache));
  parts.registerInstance(TOKENS.memory, options.memory ?? TWO_GIBIBYTES);
  parts.registerSingleton(Engine);
  return parts.resolve(Lirpa);
}
