import type { BoundProblem } from "../bounds/problem.js";
import type { Relaxation } from "../bounds/relaxation.js";
import type { ResolvedGraph } from "../graph/resolved.js";
import { operatorKey } from "../plugin/operator.js";
import { contentKey } from "../program/fingerprint.js";
import type { Asked } from "./structure.js";

/**
 * Names a bound computation of a model: all that its programs depend on besides the instance's code, and nothing that
 * does not concern them. Radii, centers and rows are fed.
 */
export function problemKey(model: string, { problem, method, options }: Asked): string {
  const { graph, sources, output, spec, given, constraints, wanted } = problem;
  const sets = sources.map(({ value, perturbation, structure, values }) => [
    value.name,
    perturbation.type,
    structure,
    values,
  ]);
  const open = graph.parameters.map(({ name }) => name);
  const relaxation = problem.options.relaxation;
  const lines = method.relaxes === false || relaxation.size === 0 ? [] : linesInGraph(relaxation, graph);
  const own = method.structure === undefined ? options : method.structure(options);
  return contentKey([
    model,
    method.name,
    sets,
    open,
    output.name,
    spec,
    lines,
    own,
    ...more({ given, constraints, wanted }),
  ]);
}

/** What most problems have nothing of. */
function more({ given, constraints, wanted }: Pick<BoundProblem, "given" | "constraints" | "wanted">): unknown[] {
  const { sides, forms, intermediate } = wanted;
  if (given.size + constraints.size + intermediate.length === 0 && !forms && sides.length === 2) return [];
  const names = (values: Iterable<{ readonly name: string }>): string[] => [...values].map(({ name }) => name);
  return [[...given].map(([{ name }, use]) => [name, use]), names(constraints), sides, forms, names(intermediate)];
}

function linesInGraph(relaxation: Relaxation, { nodes }: ResolvedGraph): (readonly [string, string])[] {
  const present = new Set(nodes.map(({ operator }) => operatorKey(operator)));
  return [...relaxation].filter(([key]) => present.has(key)).sort(([a], [b]) => (a < b ? -1 : 1));
}
