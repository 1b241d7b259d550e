import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, sep } from "node:path";

/** An installed package, as Node finds it. */
export interface Installed {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

const here = createRequire(import.meta.url);

/**
 * A package by its name, from the user's project or else from lirpa's own dependencies; undefined where neither has it.
 * Only its manifest is read.
 */
export function findPackage(name: string, project: string = process.cwd()): Installed | undefined {
  return findFrom(createRequire(join(project, "package.json")), name) ?? findFrom(here, name);
}

function findFrom(require: NodeJS.Require, name: string): Installed | undefined {
  try {
    const manifest = manifestOf(require, name);
    const { version, dependencies = {} } = JSON.parse(readFileSync(manifest, "utf8")) as {
      version?: unknown;
      dependencies?: Record<string, string>;
    };
    return { name, version: String(version), folder: dirname(manifest), dependencies };
  } catch {
    return undefined;
  }
}

/** Where a package does not export its manifest, it still lies beside its code. */
function manifestOf(require: NodeJS.Require, name: string): string {
  try {
    return require.resolve(`${name}/package.json`);
  } catch (error) {
    const file = (require.resolve.paths(name) ?? [])
      .map((folder) => join(folder, name, "package.json"))
      .find((path) => existsSync(path));
    if (file === undefined) throw error;
    return file;
  }
}

/**
 * SHA-256 of a package's code and of what it stands on: the files of the package itself and of linked ones, name and
 * version of those that a package manager put in place. Undefined where one of them is not to be found.
 */
export function packageHash(name: string, project?: string): string | undefined {
  const hash = createHash("sha256");
  const seen = new Set<string>();
  const visit = (found: Installed | undefined, whole: boolean): boolean => {
    if (found === undefined) return false;
    if (seen.has(found.folder)) return true;
    seen.add(found.folder);
    const folder = realpathSync(found.folder);
    hash.update(`${found.name}@${found.version}\n`);
    if (whole || !folder.includes(`${sep}node_modules${sep}`))
      for (const file of codeOf(folder)) hash.update(`${relative(folder, file)}\n`).update(readFileSync(file));
    const require = createRequire(join(folder, "package.json"));
    return Object.keys(found.dependencies)
      .sort()
      .every((dependency) =>
        visit(
          findFrom(require, dependency) ?? { name: dependency, version: "?", folder: dependency, dependencies: {} },
          false,
        ),
      );
  };
  return visit(findPackage(name, project), true) ? hash.digest("hex") : undefined;
}

function codeOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return entry.name === "node_modules" ? [] : codeOf(path);
      return /\.(js|cjs|mjs|wasm|json)$/.test(entry.name) && !entry.name.endsWith(".test.js") ? [path] : [];
    })
    .sort();
}
