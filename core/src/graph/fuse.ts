import type { NodePattern, Pattern } from "../plugin/fusion.js";
import type { ResolvedNode, Value } from "./resolved.js";

/** A pattern found: what its names stand for, the nodes within it, and its constants. */
export interface Match {
  readonly values: ReadonlyMap<string, Value>;
  readonly nodes: readonly ResolvedNode[];
  readonly constants: readonly Value[];
}

const NOTHING: Match = { values: new Map(), nodes: [], constants: [] };

/** Matches a pattern at a node that is given by its type and inputs; undefined where it does not fit. */
export function matchNode(
  pattern: NodePattern,
  type: string,
  domain: string,
  inputs: readonly (Value | undefined)[],
  found: Match = NOTHING,
): Match | undefined {
  if (type !== pattern.type || domain !== (pattern.domain ?? "") || inputs.length !== pattern.inputs.length)
    return undefined;
  const inOrder = matchAll(pattern.inputs, inputs, found);
  return inOrder ?? (pattern.anyOrder === true ? matchAll(pattern.inputs, [...inputs].reverse(), found) : undefined);
}

function matchAll(
  patterns: readonly Pattern[],
  inputs: readonly (Value | undefined)[],
  found: Match,
): Match | undefined {
  return patterns.reduce<Match | undefined>((before, pattern, i) => {
    const input = inputs[i];
    return before === undefined || input === undefined ? undefined : matchValue(pattern, input, before);
  }, found);
}

function matchValue(pattern: Pattern, value: Value, found: Match): Match | undefined {
  if (typeof pattern === "string") {
    const known = found.values.get(pattern);
    if (known !== undefined) return known === value ? found : undefined;
    return { ...found, values: new Map(found.values).set(pattern, value) };
  }
  if (typeof pattern === "number") {
    const isIt = value.constant?.data.length === 1 && Math.fround(value.constant.data[0]!) === Math.fround(pattern);
    return isIt ? { ...found, constants: [...found.constants, value] } : undefined;
  }
  const { producer } = value;
  if (producer === undefined || producer.outputs[0] !== value) return undefined;
  const within = matchNode(pattern, producer.type, producer.operator.domain ?? "", producer.inputs, found);
  return within === undefined ? undefined : { ...within, nodes: [...within.nodes, producer] };
}

/** The nodes that are left when those of a set are dropped that nobody reads any more. */
export function withoutUnread(
  nodes: readonly ResolvedNode[],
  outputs: readonly Value[],
  droppable: ReadonlySet<ResolvedNode>,
): ResolvedNode[] {
  const read = new Set<Value | undefined>(outputs);
  const kept = [...nodes].reverse().filter((node) => {
    if (droppable.has(node) && !node.outputs.some((output) => read.has(output))) return false;
    for (const input of node.inputs) read.add(input);
    return true;
  });
  return kept.reverse();
}
