#!/usr/bin/env node
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { isLirpaError, LirpaError } from "@lirpa/core";
import type { Plugin } from "@lirpa/core/plugin";
import { fromJson, toJson } from "./fuzz/graph.js";
import { fuzz, replay, type FuzzResult } from "./fuzz/run.js";
import type { OperatorCases } from "./operator/describe.js";

const HELP = `Bounds random small graphs by every method and compares with samples.
Usage: lirpa-fuzz [--runs N] [--seed S] [--plugins NAME[,NAME…]] [--cases FILE[,FILE…]] [--out FOLDER] | --case FILE
  --runs     how many graphs (200)
  --seed     another seed, other graphs (1)
  --plugins  whose operators are used: packages of the current project, paths of modules, or lirpa for its packs (lirpa)
  --cases    modules that say how operators are called: each exports \`cases\`, as describePlugin() takes them. A
             plugin's package that exports "./cases" needs no mention. Operators without cases are named, and fail
             the run.
  --out      where a failing graph is written (fuzz-failures)
  --case     runs a file again that an earlier failure left`;

const USAGE = 64;

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const { values } = parseArgs({
      options: {
        runs: { type: "string", default: "200" },
        seed: { type: "string", default: "1" },
        plugins: { type: "string", default: "lirpa" },
        cases: { type: "string", default: "" },
        out: { type: "string", default: "fuzz-failures" },
        case: { type: "string" },
        help: { type: "boolean" },
      },
    });
    if (values.help === true) return say(HELP, 0);
    const [runs, seed] = [Number(values.runs), Number(values.seed)];
    if (!Number.isInteger(runs) || runs < 1 || !Number.isInteger(seed))
      return complain(`--runs and --seed take whole numbers\n${HELP}`);
    const names = listed(values.plugins);
    const { plugins, cases } = await load(names, listed(values.cases));
    if (values.case !== undefined) {
      if (!statSync(values.case).isFile()) return complain(`${values.case} is no regular file`);
      const message = await replay(fromJson(readFileSync(values.case, "utf8")), plugins);
      return say(message ?? "all methods are sound", message === undefined ? 0 : 1);
    }
    const result = await fuzz({ plugins, cases, runs, seed });
    if (result.failure !== undefined) return report(result.failure, names, values.out);
    return verdict(result, seed);
  } catch (error) {
    // Options that there are not, modules that cannot be found or imported, plugins that are none.
    return complain(
      (error instanceof Error ? error.message : String(error)).split("\n")[0]!,
      isLirpaError(error) && error.code === "LIRPA_PLUGIN" ? 69 : USAGE,
    );
  }
}

function verdict({ runs, operators, untried }: FuzzResult, seed: number): number {
  const tried = `${runs} graphs of ${operators.length} operators, seed ${seed}`;
  if (untried.length === 0) return say(`${tried}: all methods are sound`, 0);
  return say(
    `${tried}: no failure; but nobody says how these are called, so that they were not tried: ` +
      `${untried.join(", ")}.\nGive them cases (--cases, or "./cases" among the exports of their package).`,
    1,
  );
}

function report(failure: NonNullable<FuzzResult["failure"]>, names: readonly string[], out: string): number {
  mkdirSync(out, { recursive: true });
  const file = join(out, `fuzz-${failure.seed}.json`);
  // The whole file or none; a link of that name is replaced, and what it leads to is left alone.
  const part = `${file}.${process.pid}.tmp`;
  writeFileSync(part, toJson(failure.case), { flag: "wx" });
  renameSync(part, file);
  const packages = names.join() === "lirpa" ? "" : ` --plugins ${names.join()}`;
  const nodes = failure.case.graph.nodes.map(
    ({ type, inputs, outputs }) => `  ${outputs.join(", ")} = ${type}(${inputs.join(", ")})`,
  );
  const path = relative(process.cwd(), resolve(file));
  return say(
    `graph ${failure.seed}: ${failure.message}\n${nodes.join("\n")}\nWritten to ${path}. Run it again: ` +
      `npm run fuzz -- --case ${path}${packages}`,
    1,
  );
}

/**
 * Plugins by package or path, and the cases that come with them or are named; `lirpa` stands for the packs that come
 * with it.
 */
async function load(
  names: readonly string[],
  files: readonly string[],
): Promise<{ plugins: Plugin[]; cases: OperatorCases }> {
  const plugins = new Map<string, Plugin>();
  const cases: Record<string, OperatorCases[string]> = {};
  for (const name of names) {
    const module = (await import(urlOf(name))) as { default?: Plugin; standardPlugins?: readonly Plugin[] };
    const found = module.standardPlugins ?? (module.default === undefined ? [] : [module.default]);
    if (found.length === 0)
      throw new LirpaError("LIRPA_PLUGIN", `${name} is not a lirpa plugin`, {
        hint: "Its default export must come from definePlugin().",
      });
    for (const plugin of found) plugins.set(plugin.name, plugin);
    const beside = isPath(name) ? undefined : optionalUrlOf(`${name}/cases`);
    if (beside !== undefined) Object.assign(cases, await casesIn(beside, `${name}/cases`));
  }
  for (const file of files) Object.assign(cases, await casesIn(urlOf(file), file));
  return { plugins: [...plugins.values()], cases };
}

async function casesIn(url: string, name: string): Promise<OperatorCases> {
  const { cases } = (await import(url)) as { cases?: OperatorCases };
  const isRight = typeof cases === "object" && cases !== null && Object.values(cases).every(Array.isArray);
  if (!isRight)
    throw new LirpaError("LIRPA_OPTION", `${name} exports no cases`, {
      hint: 'It exports `cases`: lists of cases by operator, such as { "my.domain:Shrink": [{ inputs: [[3]] }] }.',
    });
  return cases;
}

function isPath(name: string): boolean {
  return /^(\.{0,2}[/\\]|[A-Za-z]:[/\\])/.test(name);
}

function urlOf(name: string): string {
  if (isPath(name)) return pathToFileURL(resolve(name)).href;
  return pathToFileURL(createRequire(join(process.cwd(), "package.json")).resolve(name)).href;
}

/** A package need not bring cases. */
function optionalUrlOf(name: string): string | undefined {
  try {
    return urlOf(name);
  } catch {
    return undefined;
  }
}

function listed(text: string): string[] {
  return text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

function say(text: string, code: number): number {
  console.log(text);
  return code;
}

function complain(text: string, code = USAGE): number {
  console.error(text);
  return code;
}
