// Runs the tests of the tfjs executor on a tfjs backend: all primitives with their gradients, and many goldens.
// Usage: npm run test:tfjs -- [--backend B] [--from FOLDER]
//   B: cpu (the default), wasm, node, node-gpu, or another one that is registered.
//   FOLDER: a project in which the backend's package is installed, where this workspace has it not.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const { values } = parseArgs({ options: { backend: { type: "string", default: "cpu" }, from: { type: "string" } } });
// Packages are called by their names, too.
const backend = values.backend.replace(/^@tensorflow\//, "").replace(/^tfjs-(backend-)?/, "");
const packages = {
  cpu: "@tensorflow/tfjs-backend-cpu",
  wasm: "@tensorflow/tfjs-backend-wasm",
  node: "@tensorflow/tfjs-node",
  tensorflow: "@tensorflow/tfjs-node",
  "node-gpu": "@tensorflow/tfjs-node-gpu",
};

// tfjs keeps its backends in one global place, so that a package from elsewhere registers for this workspace as well.
const name = packages[backend];
const project = values.from === undefined ? join(root, "executors", "tfjs") : resolve(values.from);
const file = name === undefined ? undefined : resolved(name, project);
const preload = values.from === undefined || file === undefined ? [] : ["--require", file];
const env = { ...process.env, LIRPA_TFJS_BACKEND: backend };
const run = (args) => spawnSync(process.execPath, args, { cwd: root, stdio: "inherit", env }).status ?? 1;

const compiled = run([join(root, "node_modules", "typescript", "bin", "tsc"), "-b", "test"]);
process.exit(
  compiled !== 0
    ? compiled
    : run([...preload, join(root, "tools", "test.mjs"), join(root, "test", "dist", "tfjs.test.js")]),
);

/** The file of a package, or the end of this script with what to do. */
function resolved(name, project) {
  try {
    return createRequire(join(project, "package.json")).resolve(name);
  } catch {
    console.error(`${name} is not installed in ${project}: install it in a project, and name that by --from FOLDER.`);
    process.exit(1);
  }
}
