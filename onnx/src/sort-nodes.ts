import type { GraphNode } from "@lirpa/core";
import { modelError, nodeLabel } from "./errors.js";

/**
 * Puts each node behind those that it reads from. Nodes in a right order keep it. `given` are values without a node.
 */
export function sortNodes(nodes: readonly GraphNode[], given: ReadonlySet<string>): readonly GraphNode[] {
  const producers = producersOf(nodes, given);
  const needs = nodes.map((node) => neededBy(node, producers, given));
  if (needs.every((indices, i) => indices.every((index) => index < i))) return nodes;
  const users: number[][] = nodes.map(() => []);
  needs.forEach((indices, i) => indices.forEach((index) => users[index]!.push(i)));
  const open = needs.map((indices) => indices.length);
  const order = nodes.flatMap((_, i) => (open[i] === 0 ? [i] : []));
  // The list grows while it is walked.
  for (const i of order) for (const user of users[i]!) if (--open[user]! === 0) order.push(user);
  if (order.length < nodes.length) throw cycleError(nodes, needs, open);
  return order.map((i) => nodes[i]!);
}

/** Which node makes a value; no value is made twice. */
function producersOf(nodes: readonly GraphNode[], given: ReadonlySet<string>): ReadonlyMap<string, number> {
  const producers = new Map<string, number>();
  nodes.forEach((node, i) => {
    for (const output of node.outputs) {
      if (output === "") continue;
      if (producers.has(output) || given.has(output)) {
        const other = producers.get(output);
        const rival =
          other === undefined ? "an input or initializer" : nodeLabel(nodes[other]!.name, nodes[other]!.type);
        throw modelError(`the value "${output}" is made twice, by ${nodeLabel(node.name, node.type)} and by ${rival}`);
      }
      producers.set(output, i);
    }
  });
  return producers;
}

function neededBy(
  node: GraphNode,
  producers: ReadonlyMap<string, number>,
  given: ReadonlySet<string>,
): readonly number[] {
  return node.inputs.flatMap((input) => {
    if (input === "" || given.has(input)) return [];
    const producer = producers.get(input);
    if (producer !== undefined) return [producer];
    throw modelError(`${nodeLabel(node.name, node.type)} reads the value "${input}", which nothing makes`, {
      details: { value: input },
    });
  });
}

/** From a node that waits, its needs lead back to itself sooner or later. */
function cycleError(
  nodes: readonly GraphNode[],
  needs: readonly (readonly number[])[],
  open: readonly number[],
): Error {
  const path: number[] = [];
  let at = open.findIndex((count) => count > 0);
  while (!path.includes(at)) {
    path.push(at);
    at = needs[at]!.find((index) => open[index]! > 0)!;
  }
  const cycle = [...path.slice(path.indexOf(at)), at].reverse().map((i) => nodes[i]!.name);
  return modelError(`the graph has a cycle: ${cycle.map((name) => `"${name}"`).join(" → ")}`, { details: { cycle } });
}
