import { dirname } from "node:path";
import { checkOptions, createLirpa as compose, LirpaError, type Catalogue, type Lirpa, type LirpaOptions, type Model, type Plugin } from "@lirpa/core";
import { onnxRuntimeExecutor } from "@lirpa/executor-onnxruntime";
import lp from "@lirpa/perturbation-lp";
import activation from "@lirpa/plugin-activation";
import arithmetic from "@lirpa/plugin-arithmetic";
import convolution from "@lirpa/plugin-convolution";
import linear from "@lirpa/plugin-linear";
import normalization from "@lirpa/plugin-normalization";
import pooling from "@lirpa/plugin-pooling";
import reduction from "@lirpa/plugin-reduction";
import shape from "@lirpa/plugin-shape";
import smooth from "@lirpa/plugin-smooth";
import { catalogueOf, discoverPlugins, loadPlugins } from "@lirpa/registry";
import { catalogue } from "./catalogue.js";
import { diskProgramCache } from "./disk-cache.js";
import { readModelFile } from "./files.js";

/** The packs that come with lirpa. */
export const standardPlugins: readonly Plugin[] = Object.freeze([
  linear, convolution, pooling, activation, smooth, arithmetic, reduction, normalization, shape, lp,
]);

/** What to add to the standard packs, the importer and ONNX Runtime, or to use instead of them. */
export interface BatteriesOptions extends Partial<Omit<LirpaOptions, "plugins">> {
  /** Plugins besides the standard packs. */
  readonly plugins?: readonly Plugin[];
  /**
   * The project whose allowed plugins are loaded, too (`lirpa.plugins` in its package.json): a path to the file or its
   * folder, or false for none. The nearest one from the current folder upwards where absent.
   */
  readonly project?: string | false;
  /** A folder in which compiled programs are kept for the next process (docs/executors.md). */
  readonly cacheFolder?: string;
}

const OPTIONS = ["plugins", "executor", "cache", "methods", "catalogue", "memory", "project", "cacheFolder"];

/** Reads models from files, too. */
export interface LirpaWithFiles extends Lirpa {
  /** Reads an ONNX file. Throws `LIRPA_MODEL` for what is no readable model. */
  load(file: string): Promise<Model>;
}

/**
 * lirpa with the standard packs, ONNX Runtime and the importer, the plugins that the project allows, and any further
 * ones. Throws `LIRPA_PLUGIN` or `LIRPA_CONFLICT` naming a plugin that cannot be used.
 */
export async function createLirpa(options: BatteriesOptions = {}): Promise<LirpaWithFiles> {
  checkOptions(options, OPTIONS, "createLirpa");
  const { cacheFolder: folder, project, ...others } = options;
  if (folder !== undefined && options.cache !== undefined) {
    throw new LirpaError("LIRPA_OPTION", "cache and cacheFolder are given both", { hint: "Programs are kept in one place: leave one out." });
  }
  if (options.plugins !== undefined && !Array.isArray(options.plugins)) {
    throw new LirpaError("LIRPA_OPTION", "plugins is no list of plugins", { hint: "Give a list of what definePlugin() made." });
  }
  const executor = options.executor ?? onnxRuntimeExecutor();
  const own = await projectPlugins(project, options.plugins ?? []);
  const plugins = [...standardPlugins, ...own.plugins, ...(options.plugins ?? [])];
  const lirpa = compose({
    catalogue: { ...own.suggested, ...catalogue },
    ...(folder !== undefined && { cache: diskProgramCache({ folder, executor, plugins, ...(own.folder !== undefined && { project: own.folder }) }) }),
    ...others,
    executor,
    plugins,
  });
  return Object.assign(lirpa, { load: async (file: string) => lirpa.model((await readModelFile(file)).graph, { copy: false }) });
}

interface ProjectPlugins {
  readonly plugins: readonly Plugin[];
  readonly suggested: Catalogue;
  /** The project's folder, where there is one. */
  readonly folder: string | undefined;
}

/** What a project allows, without what is given anyway; and what it has installed besides, for hints. */
async function projectPlugins(project: string | false | undefined, given: readonly Plugin[]): Promise<ProjectPlugins> {
  if (project === false) return { plugins: [], suggested: {}, folder: undefined };
  const found = discoverPlugins(project);
  const allowed = found.allowed.filter(({ name }) => !given.some((plugin) => plugin.name === name));
  return { plugins: await loadPlugins({ ...found, allowed }, { besides: standardPlugins }), suggested: catalogueOf(found.suggested), folder: found.project && dirname(found.project) };
}
