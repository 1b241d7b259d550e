#!/usr/bin/env node
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import type { Plugin } from "@lirpa/core";
import { fromJson, toJson } from "./fuzz/graph.js";
import { fuzz, replay } from "./fuzz/run.js";

const HELP = `Bounds random small graphs by every method and compares with samples.
Usage: lirpa-fuzz [--runs N] [--seed S] [--plugins NAME[,NAME…]] [--out FOLDER] | --case FILE
  --runs     how many graphs (200)
  --seed     of the first graph; graph i has seed S + i (1)
  --plugins  packages of the current project whose operators are used: plugins, or lirpa for its packs (lirpa)
  --out      where a failing graph is written (fuzz-failures)
  --case     runs a file again that an earlier failure left`;

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
    plugins: { type: "string", default: "lirpa" },
    out: { type: "string", default: "fuzz-failures" },
    case: { type: "string" },
    help: { type: "boolean" },
  },
});

if (values.help === true) console.log(HELP);
else process.exitCode = await main();

async function main(): Promise<number> {
  const [runs, seed] = [Number(values.runs), Number(values.seed)];
  if (!Number.isInteger(runs) || runs < 1 || !Number.isInteger(seed)) {
    console.error(`--runs and --seed take whole numbers\n${HELP}`);
    return 64;
  }
  const plugins = await load(values.plugins.split(","));
  if (values.case !== undefined) {
    const message = await replay(fromJson(readFileSync(values.case, "utf8")), plugins);
    console.log(message ?? "all methods are sound");
    return message === undefined ? 0 : 1;
  }
  const { failure, operators } = await fuzz({ plugins, runs, seed });
  if (failure === undefined) {
    console.log(`${runs} graphs of ${operators.length} operators, seeds ${seed} to ${seed + runs - 1}: all methods are sound`);
    return 0;
  }
  mkdirSync(values.out, { recursive: true });
  const file = join(values.out, `fuzz-${failure.seed}.json`);
  writeFileSync(file, toJson(failure.case));
  const packages = values.plugins === "lirpa" ? "" : ` --plugins ${values.plugins}`;
  console.log(`seed ${failure.seed}: ${failure.message}`);
  console.log(failure.case.graph.nodes.map(({ type, inputs, outputs }) => `  ${outputs.join(", ")} = ${type}(${inputs.join(", ")})`).join("\n"));
  console.log(`Written to ${relative(process.cwd(), resolve(file))}. Run it again: npm run fuzz -- --case ${relative(process.cwd(), resolve(file))}${packages}`);
  return 1;
}

/** Plugins of the current project by package name; `lirpa` stands for the packs that come with it. */
async function load(names: readonly string[]): Promise<Plugin[]> {
  const project = createRequire(join(process.cwd(), "package.json"));
  const plugins = new Map<string, Plugin>();
  for (const name of names) {
    const module = (await import(pathToFileURL(project.resolve(name)).href)) as { default?: Plugin; standardPlugins?: readonly Plugin[] };
    for (const plugin of module.standardPlugins ?? (module.default === undefined ? [] : [module.default])) plugins.set(plugin.name, plugin);
  }
  return [...plugins.values()];
}
