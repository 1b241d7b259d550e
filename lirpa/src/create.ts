import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { checkOptions, composeLirpa as compose, LirpaError, type Catalogue, type Graph } from "@lirpa/core";
import type { Method } from "@lirpa/core/recording";
import type { Plugin } from "@lirpa/core/plugin";
import { onnxRuntimeExecutor } from "@lirpa/executor-onnxruntime";
import { catalogueOf, discoverPlugins, loadPlugins } from "@lirpa/registry";
import { catalogue } from "./catalogue.js";
import { diskProgramCache } from "./disk-cache.js";
import { readModelFile } from "./files.js";
import { COMMON_OPTIONS, pluginsOf, type CommonOptions } from "./options.js";
import { noSource, readModelSource, withLoad, type Lirpa, type ModelSource } from "./source.js";
import { standardPlugins } from "./standard-plugins.js";

/** What to add or to use instead, and what only a process with files has. */
export interface LirpaOptions extends CommonOptions {
  /**
   * The project whose allowed plugins are loaded, too (`lirpa.plugins` in its package.json): a path to the file or its
   * folder, or false for none. The nearest one from the current folder upwards where absent.
   */
  readonly project?: string | false;
  /** A folder in which compiled programs are kept for the next process (docs/executors.md). */
  readonly cacheFolder?: string;
}

/**
 * lirpa with the standard packs, ONNX Runtime and the importer, the plugins that the project allows, and any further
 * ones. Throws `LIRPA_PLUGIN` or `LIRPA_CONFLICT` naming a plugin that cannot be used.
 */
export async function createLirpa(options: LirpaOptions = {}): Promise<Lirpa> {
  checkOptions(options, [...COMMON_OPTIONS, "project", "cacheFolder"], "createLirpa");
  const { cacheFolder: folder, project, ...others } = options;
  if (folder !== undefined && options.cache !== undefined) {
    throw new LirpaError("LIRPA_OPTION", "cache and cacheFolder are given both", {
      hint: "Programs are kept in one place: leave one out.",
    });
  }
  const given = pluginsOf(options);
  const executor = options.executor ?? onnxRuntimeExecutor();
  const own = await projectPlugins(project, given, options.methods);
  const plugins = [...standardPlugins, ...own.plugins, ...given];
  const lirpa = compose({
    catalogue: { ...own.suggested, ...catalogue },
    ...(folder !== undefined && {
      cache: diskProgramCache({
        folder,
        executor,
        plugins: [...standardPlugins, ...own.packaged, ...given],
        ...(own.folder !== undefined && { project: own.folder }),
      }),
    }),
    ...others,
    executor,
    plugins,
  });
  return withLoad(lirpa, read);
}

async function read(source: ModelSource): Promise<Graph> {
  if (source instanceof Uint8Array) return readModelSource(source);
  if (source instanceof URL && source.protocol !== "file:") return readModelSource(source);
  return (await readModelFile(pathOf(source))).graph;
}

function pathOf(source: string | URL): string {
  if (typeof source === "string") return source;
  if (!(source instanceof URL)) throw noSource(source);
  try {
    return fileURLToPath(source);
  } catch (cause) {
    throw noSource(source, cause);
  }
}

interface ProjectPlugins {
  readonly plugins: readonly Plugin[];
  /** Those that come from installed packages, whose code has a name: not those that the project names by a path. */
  readonly packaged: readonly Plugin[];
  readonly suggested: Catalogue;
  /** The project's folder, where there is one. */
  readonly folder: string | undefined;
}

/** What a project allows, without what is given anyway; and what it has installed besides, for hints. */
async function projectPlugins(
  project: string | false | undefined,
  given: readonly Plugin[],
  methods: readonly Method[] | undefined,
): Promise<ProjectPlugins> {
  if (project === false) return { plugins: [], packaged: [], suggested: {}, folder: undefined };
  const found = discoverPlugins(project);
  const allowed = found.allowed.filter(({ name }) => !given.some((plugin) => plugin.name === name));
  const plugins = await loadPlugins({ ...found, allowed }, { besides: standardPlugins, ...(methods && { methods }) });
  const packages = new Set(allowed.filter(({ path }) => path === undefined).map(({ name }) => name));
  return {
    plugins,
    packaged: plugins.filter(({ name }) => packages.has(name)),
    suggested: catalogueOf(found.suggested),
    folder: found.project && dirname(found.project),
  };
}
