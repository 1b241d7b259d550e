// What `npm run demo`, `npm run build` and `npm test` need on a fresh machine: the locked packages, and compiled code.
// Usage: node tools/setup.mjs [PACKAGE FOLDER …]   (all packages where none is named)
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { npm } from "./npm.mjs";
import { root } from "./workspaces.mjs";

const compiler = join(root, "node_modules", "typescript", "bin", "tsc");

if (!isInstalled()) {
  console.error("Installing packages from package-lock.json …");
  // No package here needs its install script, and that of onnxruntime-node downloads GPU libraries.
  npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    env: { ONNXRUNTIME_NODE_INSTALL: "skip" },
  });
}
if (!isCompiled()) console.error("Compiling …");
run(process.execPath, [compiler, "-b", ...process.argv.slice(2)]);

/** True where npm's record of what lies in node_modules has all that the lock file asks for on any platform. */
function isInstalled() {
  const [locked, present] = ["package-lock.json", "node_modules/.package-lock.json"].map((file) => {
    const path = join(root, file);
    return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).packages : undefined;
  });
  if (locked === undefined) throw new Error("package-lock.json is missing");
  return (
    present !== undefined &&
    Object.entries(locked).every(([path, { version, resolved, link, optional }]) => {
      if (!path.startsWith("node_modules/") || optional) return true;
      if (!existsSync(join(root, path))) return false;
      return link ? present[path]?.resolved === resolved : present[path]?.version === version;
    })
  );
}

function isCompiled() {
  return existsSync(join(root, "lirpa", "dist", "index.js"));
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
