import { checkOptions, fixedInputErrors, resolveGraph, type LirpaError } from "@lirpa/core";
import type { Graph, GraphInput, GraphNode, PluginRegistry, ResolvedNode } from "@lirpa/core";
import type { Method } from "@lirpa/core/recording";
import type { Operator, Shape } from "@lirpa/core/plugin";

/**
 * How good a rule's bounds are: `loose` where a method knows only the interval of the node and starts again from it.
 */
export type Tightness = "tight" | "loose";

/** A rule that takes part in bounding a node. */
export interface CoveredPart {
  readonly operator: string;
  readonly kind: Operator["kind"];
  readonly plugin: string;
  /** For each method. */
  readonly methods: Readonly<Record<string, Tightness>>;
}

/** A node of the model, and what bounds it or why nothing does. */
export interface CoveredNode {
  readonly node: string;
  readonly operator: string;
  /** The empty string is ONNX's own domain. */
  readonly domain: string;
  readonly opset: number;
  /**
   * `constant`: known without any rule. `fused`: part of a formula that another node stands for. `missing`: no plugin
   * brings the operator. `refused`: the plugin's rule does not cover this use of it, or not under a perturbation of all
   * the model's inputs.
   */
  readonly status: "covered" | "constant" | "fused" | "missing" | "refused";
  /** Where it is fused, the node that stands for it. */
  readonly into?: string;
  /** Absent where the operator is missing; of the operator that stands for a formula. */
  readonly kind?: Operator["kind"];
  readonly plugin?: string;
  /** Where the operator is replaced by others, these; the names start with the node's. */
  readonly parts?: readonly (CoveredPart & { readonly node: string })[];
  /** For each method; of the loosest part where there are parts. */
  readonly methods: Readonly<Record<string, Tightness>>;
  /** What is missing or refused, and what to do about it: near names, or the package to install. */
  readonly problem?: LirpaError;
}

/** Whether a graph can be bounded, node by node. */
export interface Coverage {
  /** Whether every node is covered or constant. */
  readonly complete: boolean;
  readonly nodes: readonly CoveredNode[];
}

/** What coverage is asked of. */
export interface CoverageOptions {
  readonly methods?: readonly Method[];
  /** Of the inputs; an open size is 1 where absent. */
  readonly shapes?: ReadonlyMap<string, Shape>;
}

/**
 * Which rule of which plugin bounds each node, before anything is bounded. A node that nobody covers does not hide the
 * others: what does not depend on it is looked at in full, the rest by its operator alone.
 */
export function coverage(graph: Graph, registry: PluginRegistry, options: CoverageOptions = {}): Coverage {
  checkOptions(options, ["methods", "shapes"], "coverage");
  const { methods = [] } = options;
  const problems = new Map<string, LirpaError>();
  const found = new Map(
    graph.nodes.map((node) => [node, registry.operator(node.domain, node.type, opsetOf(graph, node))]),
  );
  for (const [node, operator] of found) {
    if (operator === undefined)
      problems.set(node.name, registry.missingError(node.name, node.domain, node.type, opsetOf(graph, node)));
  }
  const { parts, fused } = resolveAround(graph, registry, options, problems);
  const nodes = graph.nodes.map((node): CoveredNode => {
    const operator = found.get(node);
    const problem = problems.get(node.name);
    const own = parts.get(node.name);
    const into = fused.get(node.name);
    const identity = { node: node.name, operator: node.type, domain: node.domain, opset: opsetOf(graph, node) };
    if (operator === undefined) return { ...identity, status: "missing", methods: {}, ...(problem && { problem }) };
    const rule =
      own?.[0]?.name === node.name
        ? { kind: own[0].operator.kind, plugin: own[0].plugin }
        : { kind: operator.value.kind, plugin: operator.plugin };
    if (into !== undefined) return { ...identity, ...rule, status: "fused", methods: {}, into };
    if (problem !== undefined) return { ...identity, ...rule, status: "refused", methods: {}, problem };
    if (own !== undefined && own.length === 0) return { ...identity, ...rule, status: "constant", methods: {} };
    const expanded = own?.filter(({ name }) => name !== node.name) ?? [];
    const described = expanded.map((part) => ({
      node: part.name,
      operator: part.type,
      kind: part.operator.kind,
      plugin: part.plugin,
      methods: tightness(part.operator, methods),
    }));
    const loosest = Object.fromEntries(
      methods.map((method): [string, Tightness] => {
        const operators: readonly Operator[] =
          expanded.length > 0 ? expanded.map((part) => part.operator) : [own?.[0]?.operator ?? operator.value];
        return [
          method.name,
          operators.some((one) => tightness(one, [method])[method.name] === "loose") ? "loose" : "tight",
        ];
      }),
    );
    return {
      ...identity,
      ...rule,
      status: "covered",
      methods: loosest,
      ...(described.length > 0 && { parts: described }),
    };
  });
  return { complete: problems.size === 0, nodes };
}

interface Reached {
  readonly parts: ReadonlyMap<string, readonly ResolvedNode[]>;
  /** Nodes that are part of a formula, and the node that stands for it. */
  readonly fused: ReadonlyMap<string, string>;
}

/**
 * Resolves what can be resolved, leaving out refused nodes and what depends on them; each refusal is noted. For each
 * node that was reached, what it became; nothing where it is constant.
 */
function resolveAround(
  graph: Graph,
  registry: PluginRegistry,
  options: CoverageOptions,
  problems: Map<string, LirpaError>,
): Reached {
  const fixed = (shape: GraphInput["shape"]): Shape => shape.map((size) => (typeof size === "number" ? size : 1));
  const shapes = new Map(graph.inputs.map(({ name, shape }) => [name, options.shapes?.get(name) ?? fixed(shape)]));
  const resolved = resolveGraph(graph, registry, {
    shapes,
    onRefusal: ({ name }, error) => {
      if (!problems.has(name)) problems.set(name, error);
      return "skip";
    },
  });
  const parts = partsOf(reachedNodes(graph, problems), resolved.nodes);
  const refusals = fixedInputErrors(resolved);
  for (const [name, own] of parts) {
    const refused = own.find((part) => refusals.has(part));
    if (refused !== undefined) problems.set(name, refusals.get(refused)!);
  }
  const owners = new Map([...resolved.fused].map(([part, into]) => [ownerOf(parts, part), into]));
  return { parts, fused: new Map([...owners].filter(([name]) => parts.get(name)?.length === 0)) };
}

/** The nodes that have no problem and read nothing that has one. */
function reachedNodes(graph: Graph, problems: ReadonlyMap<string, LirpaError>): GraphNode[] {
  const lost = new Set<string>();
  return graph.nodes.filter((node) => {
    if (!problems.has(node.name) && !node.inputs.some((name) => lost.has(name))) return true;
    for (const name of node.outputs) if (name !== "") lost.add(name);
    return false;
  });
}

/** A part is called `<node>/<part>`; where names of nodes themselves hold slashes, the longest one counts. */
function partsOf(nodes: readonly GraphNode[], resolved: readonly ResolvedNode[]): Map<string, ResolvedNode[]> {
  const parts = new Map<string, ResolvedNode[]>(nodes.map(({ name }) => [name, []]));
  for (const part of resolved) parts.get(ownerOf(parts, part.name))?.push(part);
  return parts;
}

function ownerOf(nodes: ReadonlyMap<string, unknown>, part: string): string {
  let owner = part;
  while (!nodes.has(owner) && owner.includes("/")) owner = owner.slice(0, owner.lastIndexOf("/"));
  return owner;
}

/**
 * A custom operator without a backward step gives linear methods nothing but its interval; interval methods want no
 * more.
 */
function tightness(operator: Operator, methods: readonly Method[]): Record<string, Tightness> {
  const isLoose = operator.kind === "custom" && operator.backward === undefined;
  return Object.fromEntries(
    methods.map(({ name, needs }) => [name, isLoose && needs !== "interval" ? "loose" : "tight"]),
  );
}

function opsetOf(graph: Graph, { domain }: GraphNode): number {
  return graph.opsets.get(domain) ?? 1;
}
