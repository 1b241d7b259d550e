import type { Graph, GraphInput, GraphNode, Lirpa } from "@lirpa/core";
import type { Shape } from "@lirpa/core/plugin";
import { Network, type Boxes } from "../kit/network.js";
import { pointsIn } from "../kit/boxes.js";
import type { FuzzCase } from "./graph.js";

/** Makes a failing case smaller as long as it fails: fewer nodes first, then smaller boxes. */
export async function shrink(
  start: FuzzCase,
  lirpa: Lirpa,
  fails: (candidate: FuzzCase) => Promise<boolean>,
): Promise<FuzzCase> {
  let best = start;
  for (let found = true; found;) {
    found = false;
    for (const candidate of smaller(best, lirpa)) {
      if (!(await fails(candidate))) continue;
      best = candidate;
      found = true;
      break;
    }
  }
  return best;
}

function* smaller(of: FuzzCase, lirpa: Lirpa): Generator<FuzzCase> {
  const { graph } = of;
  // End at an earlier value.
  for (const node of graph.nodes)
    for (const output of node.outputs)
      if (output !== graph.outputs[0]) yield pruned(of, { ...graph, outputs: [output] });
  // Start at a later one: it becomes an input, over the range of its samples.
  for (const node of graph.nodes) {
    if (node.outputs.includes(graph.outputs[0]!)) continue;
    const cut = cutAt(of, node, lirpa);
    if (cut !== undefined) yield cut;
  }
  // Points instead of intervals, one element after the other.
  for (const [i, { lower, upper }] of of.boxes.entries()) {
    for (let at = 0; at < lower.length; at++) {
      if (lower[at] === upper[at]) continue;
      const middle = (lower[at]! + upper[at]!) / 2;
      const ends = (values: ArrayLike<number>): number[] =>
        Array.from(values, (value, j) => (j === at ? middle : value));
      yield { ...of, boxes: of.boxes.map((box, k) => (k === i ? { lower: ends(lower), upper: ends(upper) } : box)) };
    }
  }
}

/** Without the nodes, inputs and constants that nothing reads. */
function pruned({ boxes, seed }: FuzzCase, graph: Graph): FuzzCase {
  const needed = new Set<string>(graph.outputs);
  const nodes: GraphNode[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    nodes.unshift(node);
    for (const name of node.inputs) needed.add(name);
  }
  const kept = graph.inputs.flatMap((input, i) => (needed.has(input.name) ? [[input, boxes[i]!] as const] : []));
  return {
    seed,
    boxes: kept.map(([, box]) => box),
    graph: {
      ...graph,
      nodes,
      inputs: kept.map(([input]) => input),
      initializers: new Map([...graph.initializers].filter(([name]) => needed.has(name))),
    },
  };
}

function cutAt(of: FuzzCase, node: GraphNode, lirpa: Lirpa): FuzzCase | undefined {
  const { graph, boxes, seed } = of;
  const sampled = new Network({ ...graph, outputs: node.outputs }, lirpa);
  if (sampled.boundedOutputs().length < node.outputs.length) return undefined;
  const values = sampled.forward(pointsIn(boxes, 20, seed));
  const inputs: GraphInput[] = [];
  const ranges: { lower: number[]; upper: number[] }[] = [];
  node.outputs.forEach((name, i) => {
    const shape: Shape = sampled.outputShape(i);
    const lists = values.map((value) => value[i]!);
    const ends = (pick: (...numbers: number[]) => number): number[] =>
      lists[0]!.map((_, at) => pick(...lists.map((list) => list[at]!)));
    inputs.push({ name, shape, dtype: "float" });
    ranges.push({ lower: ends(Math.min), upper: ends(Math.max) });
  });
  const whole: Boxes = [...boxes, ...ranges];
  const candidate = pruned(
    { graph, boxes: whole, seed },
    { ...graph, inputs: [...graph.inputs, ...inputs], nodes: graph.nodes.filter((other) => other !== node) },
  );
  return candidate.graph.nodes.length < graph.nodes.length ? candidate : undefined;
}
