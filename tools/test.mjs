// Runs the compiled tests of all packages in one process and ends with the line "N passed, N failed".
// Usage: node tools/test.mjs [--grep TEXT] [FILE …]   (files are compiled ones, under dist/)
import { readdirSync, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import Mocha from "mocha";

process.setSourceMapsEnabled(true);
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const { values, positionals } = parseArgs({ options: { grep: { type: "string" } }, allowPositionals: true });

const folders = [
  "core",
  "registry",
  "conformance",
  "onnx",
  "lirpa",
  "test",
  "bench",
  ...["plugins", "perturbations", "executors", "examples"].flatMap(children),
];
const files = positionals.length > 0 ? positionals : folders.flatMap((folder) => testsIn(join(root, folder, "dist")));

// Every program that this process makes is held to the definitions of its primitives.
const { verifyNodes } = await import("../core/dist/recording.js");
globalThis[Symbol.for("lirpa.watch")] = verifyNodes;

const mocha = new Mocha({
  reporter: "spec",
  timeout: 20_000,
  forbidOnly: Boolean(process.env.CI),
  ...(values.grep && { grep: values.grep }),
});
for (const file of files) mocha.addFile(file);
await mocha.loadFilesAsync();
const runner = mocha.run((failures) => {
  const { passes, pending } = runner.stats;
  console.log(`${passes} passed, ${failures} failed${pending > 0 ? `, ${pending} skipped` : ""}`);
  process.exit(failures > 0 || passes === 0 ? 1 : 0);
});

function children(folder) {
  const path = join(root, folder);
  return existsSync(path) ? readdirSync(path).map((name) => join(folder, name)) : [];
}

function testsIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .filter((file) => file.endsWith(".test.js"))
    .map((file) => join(folder, file))
    .sort();
}
