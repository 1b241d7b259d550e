import type { IrNode, RowSpace } from "./ir.js";

/**
 * All nodes that the outputs need, inputs before users: depth first, and of several inputs or outputs the first one
 * first, or the last one.
 */
export function topological(outputs: readonly IrNode[], first: "first" | "last" = "first"): IrNode[] {
  const order: IrNode[] = [];
  const seen = new Set<IrNode>();
  const stack: { node: IrNode; next: number }[] = [];
  for (const output of first === "first" ? outputs : outputs.toReversed()) {
    if (seen.has(output)) continue;
    seen.add(output);
    stack.push({ node: output, next: 0 });
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const { inputs } = top.node;
      const input = inputs[first === "first" ? top.next : inputs.length - 1 - top.next];
      top.next++;
      if (input === undefined) {
        order.push(top.node);
        stack.pop();
      } else if (!seen.has(input)) {
        seen.add(input);
        stack.push({ node: input, next: 0 });
      }
    }
  }
  return order;
}

/** The row spaces that a set of nodes lives in. */
export function rowSpaces(nodes: readonly IrNode[]): Set<RowSpace> {
  return new Set(nodes.flatMap((node) => (node.rows === undefined ? [] : [node.rows])));
}
