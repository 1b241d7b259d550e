import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { API_VERSION, isLirpaError, type LirpaError } from "@lirpa/core/plugin";
import {
  brokenManifest,
  hiddenManifest,
  noPackage,
  noSuchPath,
  noSuchProject,
  notInstalled,
  otherGeneration,
} from "./errors.js";
import { findProject, isPath, isRecord, readProject } from "./project.js";

/** A package that says in its manifest that it is a plugin, or what the project takes for one. */
export interface FoundPlugin {
  /** The package's; of a single file the path that the project names. */
  readonly name: string;
  /** Empty where nothing says it. */
  readonly version: string;
  /** Where the project names a path, that of the file or folder. */
  readonly path?: string;
  /** The path of its `package.json`; undefined for a single file. */
  readonly manifest: string | undefined;
  /** Whether its manifest has the field `lirpa`, which says the following. */
  readonly described: boolean;
  readonly apiVersion: number | undefined;
  readonly operators: readonly string[];
  readonly perturbations: readonly string[];
  readonly methods: readonly string[];
}

/** What the manifests around a project say. */
export interface Discovery {
  /** The path of the project's `package.json`; undefined where there is none. */
  readonly project: string | undefined;
  /** What the project's `lirpa.plugins` names and what is installed, in its order. */
  readonly allowed: readonly FoundPlugin[];
  /** Direct dependencies of the project that are plugins, but not allowed. */
  readonly suggested: readonly FoundPlugin[];
  /** Why something that is allowed cannot be used. */
  readonly problems: readonly LirpaError[];
}

/**
 * Finds plugins by manifests alone: nothing is imported. Packages are looked up from the project as Node does it, so
 * that npm, pnpm and Yarn PnP agree; folders are never scanned. The project is the nearest one from a path upwards:
 * throws `LIRPA_OPTION` where a path is given and there is none. Without a path it is that of the current folder, if
 * any.
 */
export function discoverPlugins(from?: string): Discovery {
  const path = from === undefined || existsSync(from) ? findProject(from) : undefined;
  if (path === undefined && from !== undefined) throw noSuchProject(from);
  if (path === undefined) return { project: undefined, allowed: [], suggested: [], problems: [] };
  const project = readProject(path);
  const allowed: FoundPlugin[] = [];
  const problems: LirpaError[] = [];
  for (const name of project.allowed) {
    const found = isPath(name) ? findAt(resolve(dirname(path), name), name, path) : find(name, path);
    if (isLirpaError(found)) problems.push(found);
    else if (found.described && found.apiVersion !== API_VERSION)
      problems.push(otherGeneration(found.name, path, found.apiVersion, API_VERSION));
    else allowed.push(found);
  }
  const suggested = project.dependencies
    .filter((name) => !project.allowed.includes(name) && !allowed.some((found) => found.name === name))
    .map((name) => find(name, path))
    .filter((found): found is FoundPlugin => !isLirpaError(found) && found.described);
  return { project: path, allowed, suggested, problems };
}

function find(name: string, project: string): FoundPlugin | LirpaError {
  let manifest: string;
  try {
    manifest = createRequire(project).resolve(`${name}/package.json`);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ERR_PACKAGE_PATH_NOT_EXPORTED"
      ? hiddenManifest(name, project)
      : notInstalled(name, project);
  }
  return describedBy(manifest, name, project);
}

/** A file by itself, or a folder with a manifest. `name` is how the project calls it. */
function findAt(path: string, name: string, project: string): FoundPlugin | LirpaError {
  if (!existsSync(path)) return noSuchPath(name, project);
  if (statSync(path).isDirectory()) {
    const found = describedBy(join(path, "package.json"), name, project);
    return isLirpaError(found) ? found : { ...found, path };
  }
  const brings = { operators: [], perturbations: [], methods: [] };
  const nothing = { manifest: undefined, described: false, apiVersion: undefined, ...brings };
  return { name, version: "", path, ...nothing };
}

function describedBy(manifest: string, asked: string, project: string): FoundPlugin | LirpaError {
  try {
    const { name, version, lirpa } = JSON.parse(readFileSync(manifest, "utf8")) as Readonly<Record<string, unknown>>;
    const field = isRecord(lirpa) ? lirpa : {};
    return {
      // A package can be installed under another name than its own.
      name: isPath(asked) && typeof name === "string" ? name : asked,
      version: typeof version === "string" ? version : "",
      manifest,
      // A project that is installed somewhere may have a list of its own there, which makes it no plugin.
      described: ["apiVersion", "operators", "perturbations", "methods"].some((key) => key in field),
      apiVersion: typeof field["apiVersion"] === "number" ? field["apiVersion"] : undefined,
      operators: names(field["operators"]),
      perturbations: names(field["perturbations"]),
      methods: names(field["methods"]),
    };
  } catch (cause) {
    return isPath(asked) ? noPackage(asked, project, cause) : brokenManifest(asked, project, cause);
  }
}

function names(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((name): name is string => typeof name === "string") : [];
}
