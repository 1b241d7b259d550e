import { LirpaError } from "../../plugin/errors.js";
import type { Program } from "../../plugin/program.js";
import type { ResolvedGraph, Value } from "../../graph/resolved.js";
import { makeProgram } from "../../program/program.js";
import { rowSpaces, topological } from "../../tensor/order.js";
import type { IrNode, RowSpace } from "../../tensor/ir.js";
import { localizeRows } from "../../tensor/transforms/localize.js";
import { OPEN_ROWS } from "../problem.js";
import type { BoundRun } from "../run.js";

/**
 * A program of what was recorded: guarded, with rows over images as patches where they can be. `bounded` is the value
 * whose elements are the rows that are fed, if any.
 */
export function close(
  graph: ResolvedGraph,
  run: BoundRun,
  name: string,
  recorded: Readonly<Record<string, IrNode>>,
  bounded?: Value,
): Program {
  const names = Object.keys(recorded);
  const nodes = guarded(run, Object.values(recorded));
  const { outputs, localized } = localizeRows(run.t, nodes);
  const byName = Object.fromEntries(names.map((output, i) => [output, outputs[i]!]));
  const fed =
    bounded === undefined ? {} : { [bounded.name]: `unstable ${words(localized.includes(OPEN_ROWS))} in stages` };
  const rows = { ...representations(nodes, localized), ...fed };
  const program = { ...makeProgram(`${graph.name}:${name}`, byName), rows };
  const stray = program.inputs.find(({ role }) => role.is === "placeholder");
  if (stray !== undefined) {
    throw new LirpaError(
      "LIRPA_PLUGIN",
      `an operator that calls itself linear is not: its adjoint depends on the input (${stray.name})`,
      {
        hint: "Run the conformance kit on the plugins of this model.",
      },
    );
  }
  return program;
}

/** Results that are NaN where something that was relied on is no number. */
export function guarded(run: BoundRun, nodes: readonly IrNode[]): IrNode[] {
  const guard = run.guard();
  return guard === undefined
    ? [...nodes]
    : nodes.map((node) => (node.dtype === "float" ? run.t.add(node, guard) : node));
}

/** In words: `dense` or `patches`, and whether only `unstable` elements have rows. */
export function representations(outputs: readonly IrNode[], localized: readonly RowSpace[]): Record<string, string> {
  const byValue = [...rowSpaces(topological(outputs))].flatMap((space): [string, string][] => {
    if (space.of === undefined) return [];
    const held = words(localized.includes(space));
    return [[space.of, space.kind === "unstable" ? `unstable ${held}` : held]];
  });
  return Object.fromEntries(byValue);
}

function words(isLocal: boolean): string {
  return isLocal ? "patches" : "dense";
}
