import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { unreadableProject } from "./errors.js";

/** What matters here of a project's `package.json`. */
export interface Project {
  /** The path of the `package.json`. */
  readonly path: string;
  /** The plugins that it allows, in its order: names of packages, or paths from its folder to a file or folder. */
  readonly allowed: readonly string[];
  /** The packages that it asks for by name. */
  readonly dependencies: readonly string[];
}

const NAME = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/i;
const FIELDS = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"] as const;

/** The nearest `package.json`, from a folder upwards; a path to one stands for itself. */
export function findProject(from: string = process.cwd()): string | undefined {
  const start = resolve(from);
  if (isFile(start)) return start;
  for (let folder = start; ; folder = dirname(folder)) {
    const path = join(folder, "package.json");
    if (isFile(path)) return path;
    if (dirname(folder) === folder) return undefined;
  }
}

/** Throws `LIRPA_PLUGIN` where the manifest cannot be read or its list is none. */
export function readProject(path: string): Project {
  const manifest = parse(path);
  const { lirpa } = manifest;
  const allowed = (isRecord(lirpa) ? lirpa["plugins"] : undefined) ?? [];
  if (lirpa !== undefined && !isRecord(lirpa)) throw unreadableProject(path, 'has a field "lirpa" that is no object');
  if (!Array.isArray(allowed)) throw unreadableProject(path, "has a field lirpa.plugins that is no list of packages");
  for (const name of allowed as readonly unknown[]) {
    if (typeof name === "string" && (NAME.test(name) || isPath(name))) continue;
    const what = `allows ${JSON.stringify(name)} in lirpa.plugins`;
    throw unreadableProject(path, `${what}, which is neither a package's name nor a path that begins with ./ or ../`);
  }
  const dependencies = FIELDS.flatMap((field) =>
    isRecord(manifest[field]) ? Object.keys(manifest[field]) : [],
  ).filter((name) => NAME.test(name));
  return { path, allowed: [...new Set(allowed as readonly string[])], dependencies: [...new Set(dependencies)] };
}

/** A path says so by how it begins, as in an import. */
export function isPath(name: string): boolean {
  return /^(\.{1,2}[\\/]|[\\/]|[a-z]:[\\/])/i.test(name);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parse(path: string): Readonly<Record<string, unknown>> {
  try {
    const manifest: unknown = JSON.parse(readFileSync(path, "utf8").replace(/^\uFEFF/, ""));
    if (isRecord(manifest)) return manifest;
  } catch (cause) {
    throw unreadableProject(path, "cannot be read", cause);
  }
  throw unreadableProject(path, "is no JSON object");
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}
