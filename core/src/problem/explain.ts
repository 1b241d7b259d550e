import type { Shape } from "../plugin/tensor.js";
import type { ResolvedGraph } from "../graph/resolved.js";

/** One node and the rule that bounds it. */
export interface NodeExplanation {
  readonly node: string;
  readonly operator: string;
  readonly kind: string;
  readonly plugin: string;
  /** Names of the node's values. */
  readonly outputs: readonly string[];
  /** Of the first output. */
  readonly shape: Shape;
  /**
   * How the rows that bound its elements are held: `dense` or `patches`, with `selected` where only unstable elements
   * have rows; absent where nothing is bounded by rows of its own.
   */
  readonly rows?: string;
}

/** The rule of each node, in order. */
export function rulesOf({ nodes }: ResolvedGraph): NodeExplanation[] {
  return nodes.map(({ name, type, operator, plugin, outputs }) => ({
    node: name,
    operator: type,
    kind: operator.kind,
    plugin,
    outputs: outputs.map((value) => value.name),
    shape: outputs[0]?.shape ?? [],
  }));
}

/** The rules of a problem's nodes, with how their rows are held, by the name of the value. */
export function explained(graph: ResolvedGraph, rows: Readonly<Record<string, string>>): NodeExplanation[] {
  return rulesOf(graph).map((node) => {
    const own = node.outputs.map((name) => rows[name]).find((words) => words !== undefined);
    return own === undefined ? node : { ...node, rows: own };
  });
}
