import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { PluginRegistry, standardMethods } from "@lirpa/core";
import type { Method } from "@lirpa/core/recording";
import { API_VERSION, isLirpaError, type Plugin } from "@lirpa/core/plugin";
import { inTheNameOf } from "./blame.js";
import { bringsOf, described, keyOf, keysOf } from "./brings.js";
import { discoverPlugins, type Discovery, type FoundPlugin } from "./discover.js";
import {
  claimedTwice,
  emptyOverride,
  endlessImport,
  failedImport,
  hiddenEntry,
  inProject,
  nameTaken,
  noPlugin,
  otherGeneration,
  otherName,
} from "./errors.js";

/** What is there before the project's own plugins. */
export interface LoadOptions {
  /**
   * Plugins that are there anyway: the project's must get along with them, and those among them are not loaded again.
   */
  readonly besides?: readonly Plugin[];
  /** Methods that are there anyway; core's where absent. */
  readonly methods?: readonly Method[];
}

/** Manifests, and what came of importing the plugins that are allowed. */
export interface Examination extends Discovery {
  /** What could be loaded. */
  readonly plugins: readonly Plugin[];
}

/**
 * Imports the plugins that a project allows, in its order. Throws `LIRPA_PLUGIN` or `LIRPA_CONFLICT` for the first that
 * cannot be used.
 */
export async function loadPlugins(from?: string | Discovery, options: LoadOptions = {}): Promise<readonly Plugin[]> {
  const discovery = typeof from === "object" ? from : discoverPlugins(from);
  const { plugins, problems } = await load(discovery, options, true);
  if (problems[0] !== undefined) throw problems[0];
  return plugins;
}

/** Imports what is allowed and says all that is wrong with it, its manifest included. */
export async function examinePlugins(from?: string | Discovery, options: LoadOptions = {}): Promise<Examination> {
  const discovery = typeof from === "object" ? from : discoverPlugins(from);
  const { plugins, problems } = await load(discovery, options, false);
  const descriptions = discovery.allowed.flatMap((found) =>
    described(
      found,
      discovery.project!,
      plugins.find(({ name }) => name === found.name),
    ),
  );
  return { ...discovery, plugins, problems: [...problems, ...descriptions] };
}

async function load(
  { project, allowed, problems: before }: Discovery,
  { besides = [], methods = standardMethods }: LoadOptions,
  stop: boolean,
): Promise<Pick<Examination, "plugins" | "problems">> {
  const plugins: Plugin[] = [];
  const problems = [...before];
  for (const found of allowed) {
    if (stop && problems.length > 0) break;
    if (besides.some(({ name }) => name === found.name)) continue;
    try {
      const plugin = checked(await entry(found, project!), found, project!);
      const others = [...allowed.filter((other) => other !== found), ...besides, ...plugins];
      if (found.manifest === undefined && others.some(({ name }) => name === plugin.name)) {
        throw nameTaken(found.name, project!, plugin.name);
      }
      PluginRegistry.from([...besides, ...plugins, plugin], {}, { from: "@lirpa/core", methods });
      plugins.push(plugin);
    } catch (error) {
      // Whoever makes a plugin without definePlugin() may leave out anything.
      const known = isLirpaError(error) ? error : noPlugin(found.name, project!, error);
      problems.push(known.details["project"] === undefined ? inProject(known, found.name, project!) : known);
    }
  }
  return { plugins, problems };
}

/** The default export of a plugin; a package is resolved from the project and not from here. */
async function entry(found: FoundPlugin, project: string): Promise<unknown> {
  const { name } = found;
  let file: string;
  try {
    file = fileOf(found, project);
  } catch (cause) {
    throw hiddenEntry(name, project, cause);
  }
  try {
    return (
      (await withinTime(
        inTheNameOf(name, () => import(pathToFileURL(file).href)),
        name,
        project,
      )) as { readonly default?: unknown }
    ).default;
  } catch (cause) {
    throw isLirpaError(cause) ? cause : failedImport(name, project, cause);
  }
}

function fileOf({ name, path, manifest }: FoundPlugin, project: string): string {
  if (path === undefined) return createRequire(project).resolve(name);
  if (manifest === undefined) return path;
  // A package finds itself by its name where it has `exports`, and by its folder where it has `main`.
  const { exports } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly exports?: unknown };
  return createRequire(manifest).resolve(exports === undefined ? path : name);
}

/** Importing a plugin reads and defines; what takes longer waits for something. */
const IMPORT_SECONDS = 10;

/** The timer also keeps a process alive that waits for nothing else, and would end without a word. */
async function withinTime<T>(work: Promise<T>, name: string, project: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(endlessImport(name, project, IMPORT_SECONDS)), IMPORT_SECONDS * 1000);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What the registry of core cannot know, or says less plainly. */
function checked(value: unknown, { name, manifest }: FoundPlugin, project: string): Plugin {
  const plugin = value as Plugin | undefined;
  if (plugin?.$$type !== "lirpa.plugin") throw noPlugin(name, project);
  if (plugin.apiVersion !== API_VERSION) throw otherGeneration(name, project, plugin.apiVersion, API_VERSION);
  if (manifest !== undefined && plugin.name !== name) throw otherName(name, project, plugin.name);
  const operators = plugin.operators.map(({ domain, type, sinceVersion }) => {
    return `the operator ${keyOf(domain, type)} (from version ${sinceVersion} on)`;
  });
  const { perturbations, methods } = bringsOf(plugin);
  const claims = [
    ...operators,
    ...perturbations.map((type) => `the perturbation ${type}`),
    ...methods.map((method) => `the method ${method}`),
  ];
  const twice = claims.find((claim, i) => claims.indexOf(claim) !== i);
  if (twice !== undefined) throw claimedTwice(name, project, twice);
  const own = keysOf(bringsOf(plugin));
  const vain = plugin.overrides.find((key) => !own.includes(key));
  if (vain !== undefined) throw emptyOverride(name, project, vain);
  return plugin;
}
