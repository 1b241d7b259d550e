import type { IrNode } from "./ir.js";
import { topological } from "./order.js";
import type { Vocabulary } from "./vocabulary.js";

/**
 * Reverse-mode differentiation: for each of `wrt` the sum over `outputs` of cotangent times Jacobian, undefined where
 * no output depends on it. A value that instances or rows share collects the cotangents of all of them.
 */
export function vjp(
  t: Vocabulary,
  outputs: readonly IrNode[],
  cotangents: readonly IrNode[],
  wrt: readonly IrNode[],
): (IrNode | undefined)[] {
  const order = topological(outputs);
  const needed = dependents(order, wrt);
  const ends = new Set(wrt);
  const gradients = new Map<IrNode, IrNode>();
  outputs.forEach((output, i) => accumulate(t, gradients, output, cotangents[i]!));
  for (const node of order.reverse()) {
    const g = gradients.get(node);
    const { gradient } = node.primitive;
    if (g === undefined || gradient === "none" || !needed.has(node) || ends.has(node)) continue;
    const parts = gradient(t, node, g);
    node.inputs.forEach((input, i) => {
      const part = parts[i];
      if (part !== undefined && needed.has(input)) accumulate(t, gradients, input, collected(t, node, input, part));
    });
  }
  return wrt.map((node) => gradients.get(node));
}

function dependents(order: readonly IrNode[], wrt: readonly IrNode[]): Set<IrNode> {
  const needed = new Set<IrNode>(wrt);
  for (const node of order) if (node.inputs.some((input) => needed.has(input))) needed.add(node);
  return needed;
}

/** Adds up over the hidden axes that the node has and the input has not. */
function collected(t: Vocabulary, node: IrNode, input: IrNode, part: IrNode): IrNode {
  if (node.primitive.reshapesRows === true) return part;
  const instances = node.instances && !input.instances;
  const rows = node.rows !== undefined && input.rows === undefined;
  return instances || rows ? t.sumHidden(t.spread(part, node), { instances, rows }) : part;
}

function accumulate(t: Vocabulary, gradients: Map<IrNode, IrNode>, node: IrNode, part: IrNode): void {
  const sum = gradients.get(node);
  gradients.set(node, sum === undefined ? part : t.add(sum, part));
}
