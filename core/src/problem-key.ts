import type { BoundProblem } from "./bounds/recording/record.js";
import type { Relaxation } from "./bounds/relaxation.js";
import type { ResolvedGraph } from "./graph/resolved.js";
import { operatorKey } from "./plugin/operator.js";
import { contentKey } from "./program/fingerprint.js";

/**
 * Names a bound computation of a model: all that its programs depend on besides the instance's code, and nothing that does
 * not concern them. Radii, centers and rows are fed, and so is the number of optimizing steps.
 */
export function problemKey(model: string, { graph, sources, output, spec, method, options }: BoundProblem): string {
  const sets = sources.map(({ value, perturbation, structure, values }) => [value.name, perturbation.types, structure, values]);
  const open = graph.parameters.map(({ name }) => name);
  const lines = method.relaxes === false || options.relaxation.size === 0 ? [] : linesInGraph(options.relaxation, graph);
  const layers = method.optimizes === true ? options.alpha?.layers : undefined;
  return contentKey([model, method.name, sets, open, output.name, spec, lines, layers]);
}

function linesInGraph(relaxation: Relaxation, { nodes }: ResolvedGraph): (readonly [string, string])[] {
  const present = new Set(nodes.map(({ operator }) => operatorKey(operator)));
  return [...relaxation].filter(([key]) => present.has(key)).sort(([a], [b]) => (a < b ? -1 : 1));
}
