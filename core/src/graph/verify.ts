import { LirpaError } from "../plugin/errors.js";
import type { ResolvedGraph, Value } from "./resolved.js";

/** Checks what every later pass relies on: order, ownership and shapes. Throws `LIRPA_INTERNAL` naming the node. */
export function verifyResolved(graph: ResolvedGraph): void {
  const fail = (message: string): never => {
    throw new LirpaError("LIRPA_INTERNAL", `graph ${graph.name}: ${message}`);
  };
  const known = new Set<Value>([...graph.inputs, ...graph.parameters]);
  const visible = (value: Value): boolean => value.constant !== undefined || known.has(value);
  graph.nodes.forEach((node, i) => {
    if (node.order !== i) fail(`node ${node.name} stands at ${i}, but says ${node.order}`);
    for (const input of node.inputs)
      if (input !== undefined && !visible(input)) fail(`node ${node.name} reads ${input.name} before it exists`);
    for (const output of node.outputs) {
      if (output.producer !== node && output.constant === undefined)
        fail(`output ${output.name} of node ${node.name} belongs to another node`);
      if (output.shape.some((size) => !Number.isInteger(size) || size < 0))
        fail(`output ${output.name} has the shape [${output.shape}]`);
      known.add(output);
    }
  });
  for (const output of graph.outputs) if (!visible(output)) fail(`the output ${output.name} is never made`);
}
