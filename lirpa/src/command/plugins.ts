import { isInternal } from "@lirpa/core/plugin";
import { bringsOf, discoverPlugins, examinePlugins, type Discovery, type FoundPlugin } from "@lirpa/registry";
import { standardPlugins } from "../standard-plugins.js";
import { findPackage } from "../packages.js";
import { colorsFor } from "./colors.js";
import { problemOf } from "./coverage.js";
import { exitCodes } from "./exit-codes.js";
import { complaint, oneLine } from "./one-line.js";
import { writeOut } from "./output.js";
import { table } from "./table.js";
import type { ReportFlags } from "./usage.js";

interface Listed extends Pick<FoundPlugin, "name" | "version" | "operators" | "perturbations" | "methods"> {
  readonly state: "standard" | "allowed" | "suggested";
}

/** `lirpa plugins`: by manifests alone. */
export async function plugins({ json }: ReportFlags): Promise<void> {
  const found = discoverPlugins();
  writeOut(json === true ? `${toJson(found)}\n` : toText(found));
}

/** Milliseconds. */
const SETTLING = 200;

/** `lirpa plugins doctor`. Returns the exit code. */
export async function doctor({ json }: ReportFlags): Promise<number> {
  const examined = await examinePlugins(undefined, { besides: standardPlugins });
  // What they started may fail yet.
  await new Promise((resolve) => setTimeout(resolve, SETTLING));
  const { problems, allowed, project } = examined;
  if (json === true) writeOut(`${toJson(examined)}\n`);
  else if (problems.length > 0) writeOut(complaints(examined));
  else writeOut(`${project === undefined ? "There is no project here." : wellOf(project, allowed.length)}\n`);
  return problems.length === 0 ? exitCodes.done : exitCodes.unavailable;
}

function wellOf(project: string, allowed: number): string {
  return `${oneLine(project)} allows ${allowed === 1 ? "1 plugin" : `${allowed} plugins`}. Nothing is wrong.`;
}

function listed({ allowed, suggested }: Discovery): Listed[] {
  const standard = standardPlugins.map((plugin): Listed => {
    const { operators, ...others } = bringsOf(plugin);
    return {
      name: plugin.name,
      version: findPackage(plugin.name)?.version ?? "",
      state: "standard",
      operators: operators.filter((key) => !isInternal(key)),
      ...others,
    };
  });
  const comes = new Set(standard.map(({ name }) => name));
  const others = (plugins: readonly FoundPlugin[], state: Listed["state"]): Listed[] =>
    plugins
      .filter(({ name }) => !comes.has(name))
      .map(({ name, version, operators, perturbations, methods }) => {
        return { name, version, state, operators, perturbations, methods };
      });
  return [...standard, ...others(allowed, "allowed"), ...others(suggested, "suggested")];
}

function toJson(found: Discovery): string {
  const of = (state: Listed["state"]): readonly object[] =>
    listed(found)
      .filter((one) => one.state === state)
      .map((one) => ({ ...one, state: undefined }));
  return JSON.stringify({
    project: found.project ?? null,
    standard: of("standard"),
    allowed: of("allowed"),
    suggested: of("suggested"),
    problems: found.problems.map(problemOf),
  });
}

function toText(found: Discovery): string {
  const plugins = listed(found);
  const rows = plugins.map(({ name, version, state, operators, perturbations, methods }) =>
    [name, version, state, shortened([...operators, ...perturbations, ...methods])].map(oneLine),
  );
  const suggested = plugins.filter(({ state }) => state === "suggested").map(({ name }) => name);
  const hint = suggested.length === 0 ? "" : `\n${wayToAllow(found.project!, suggested)}\n`;
  const wrong = found.problems.length === 0 ? "" : `\n${complaints(found)}`;
  return `${table(["plugin", "version", "state", "brings"], rows, colorsFor(process.stdout), "left")}${hint}${wrong}`;
}

function wayToAllow(project: string, suggested: readonly string[]): string {
  const field = `"lirpa": { "plugins": ${oneLine(JSON.stringify(suggested))} }`;
  return `To allow a suggested plugin, name it in ${oneLine(project)}: ${field}`;
}

function complaints({ problems }: Discovery): string {
  const colors = colorsFor(process.stdout);
  return problems.map(({ problem, hint }) => `${colors.red("problem:")} ${complaint(problem, hint)}\n`).join("");
}

function shortened(names: readonly string[]): string {
  const shown = names.slice(0, 6).join(", ");
  return names.length > 6 ? `${shown} and ${names.length - 6} more` : shown;
}
