import { topological, type IrNode, type Program, type Vocabulary } from "lirpa";

/** What a program was recorded of. */
export interface Recorded {
  readonly outputs: Readonly<Record<string, IrNode>>;
  readonly inputs: ReadonlyMap<string, IrNode>;
}

export function recordedOf({ outputs, inputs }: Program): Recorded {
  // Programs of this process are recorded in nodes, and list their inputs in the nodes' order.
  const nodes = outputs as Readonly<Record<string, IrNode>>;
  const leaves = topological(Object.values(nodes)).filter(({ primitive }) => primitive.name === "input");
  return { outputs: nodes, inputs: new Map(inputs.map(({ name }, i) => [name, leaves[i]!])) };
}

/** A node recorded again with other nodes in place of some that it relies on. */
export function substituted(t: Vocabulary, node: IrNode, instead: ReadonlyMap<IrNode, IrNode>): IrNode {
  const done = new Map<IrNode, IrNode>(instead);
  for (const next of topological([node])) {
    if (!done.has(next)) done.set(next, t.rerecord(next, next.inputs.map((input) => done.get(input)!)));
  }
  return done.get(node)!;
}
