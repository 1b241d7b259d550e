import type { LirpaError } from "@lirpa/core";
import { coverage as coverageOf, type Coverage, type CoveredNode, type CoveredPart } from "@lirpa/registry";
import { createLirpa } from "../create.js";
import { colorsFor } from "./colors.js";
import { exitCodes } from "./exit-codes.js";
import { complaint, oneLine } from "./one-line.js";
import { writeOut } from "./output.js";
import { startProgress } from "./progress.js";
import { table } from "./table.js";
import type { ReportFlags } from "./usage.js";

/** `lirpa coverage`. Returns the exit code: incomplete is a result, and is printed as such. */
export async function coverage(file: string, { json }: ReportFlags): Promise<number> {
  const progress = startProgress();
  const lirpa = await createLirpa();
  try {
    progress.say("reading");
    const model = await lirpa.load(file);
    const shapes = new Map(model.inputs.map(({ name, shape }) => [name, shape]));
    const methods = lirpa.registry.methods().map(({ value }) => value);
    const result = coverageOf(model.graph, lirpa.registry, { methods, shapes });
    await progress.stop();
    writeOut(json === true ? `${toJson(file, result)}\n` : toText(result));
    return result.complete ? exitCodes.done : exitCodes.unavailable;
  } finally {
    await progress.stop();
    await lirpa.dispose();
  }
}

function toJson(model: string, { complete, nodes }: Coverage): string {
  return JSON.stringify({
    model,
    complete,
    nodes: nodes.map((node) => ({ ...node, ...(node.problem && { problem: problemOf(node.problem) }) })),
  });
}

/** What JSON says of an error. */
export function problemOf({ code, problem, hint, details }: LirpaError): Readonly<Record<string, unknown>> {
  return { code, message: problem, hint, plugin: details["plugin"], package: details["package"] };
}

function toText({ nodes }: Coverage): string {
  const colors = colorsFor(process.stdout);
  const rows = nodes.flatMap((node) => [
    row(node),
    ...(node.parts ?? []).map((part) => ruleRow(`  ${part.node}`, part.operator, part)),
  ]);
  const count = (status: CoveredNode["status"]): number => nodes.filter((node) => node.status === status).length;
  const summary = `${nodes.length} nodes: ${(["covered", "constant", "fused", "missing", "refused"] as const)
    .filter((status) => count(status) > 0)
    .map((status) => `${count(status)} ${status}`)
    .join(", ")}.`;
  const problems = nodes.flatMap(({ problem }) =>
    problem === undefined ? [] : [`${complaint(problem.problem, problem.hint)}\n`],
  );
  return [
    table(["node", "operator", "kind", "plugin", "methods", "bounds"], rows, colors, "left"),
    "\n",
    ...problems,
    `${colors.bold(summary)}\n`,
  ].join("");
}

function row(node: CoveredNode): string[] {
  const operator = node.domain === "" ? node.operator : `${node.domain}:${node.operator}`;
  if (node.status === "covered")
    return ruleRow(node.node, operator, { kind: node.kind!, plugin: node.plugin!, methods: node.methods });
  const status = node.status === "fused" ? `fused into ${node.into}` : node.status;
  return [node.node, operator, node.kind ?? "", node.plugin ?? "", "", status].map(oneLine);
}

function ruleRow(
  name: string,
  operator: string,
  { kind, plugin, methods }: Pick<CoveredPart, "kind" | "plugin" | "methods">,
): string[] {
  const loose = Object.keys(methods).filter((method) => methods[method] === "loose");
  // A part is indented, which oneLine() would undo.
  const indent = /^ */.exec(name)![0];
  return [
    indent + oneLine(name),
    ...[operator, kind, plugin, "all", loose.length === 0 ? "tight" : `loose: ${loose.join(", ")}`].map(oneLine),
  ];
}
