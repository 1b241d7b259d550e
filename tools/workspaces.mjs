// The packages of this repository.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Those that users can install: their folders, relative to the root, and manifests. */
export function publishedPackages() {
  return readJson("package.json")
    .workspaces.flatMap(foldersOf)
    .map((folder) => ({ folder, manifest: readJson(folder, "package.json") }))
    .filter(({ manifest }) => !manifest.private);
}

export function readJson(...path) {
  return JSON.parse(readFileSync(join(root, ...path), "utf8"));
}

function foldersOf(workspace) {
  if (!workspace.endsWith("/*")) return [workspace];
  const group = workspace.slice(0, -2);
  return readdirSync(join(root, group))
    .sort()
    .map((name) => join(group, name))
    .filter((folder) => existsSync(join(root, folder, "package.json")));
}
