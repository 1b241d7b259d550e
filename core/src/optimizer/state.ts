import type { Carry } from "../plugin/executor.js";
import type { IrNode } from "../tensor/ir.js";
import type { Vocabulary } from "../tensor/vocabulary.js";

/** What a step hands to the next one: outputs, and which input each of them is fed as. */
export interface NextState {
  readonly outputs: Readonly<Record<string, IrNode>>;
  readonly carry: Carry;
}

/** The output that an input is fed with in the next step. */
export function nextOf(input: string): string {
  return `next:${input}`;
}

/** An input that holds what the step before gave (`nextOf`), of another node's shape, instances and rows. */
export function stateInput(t: Vocabulary, name: string, like: Pick<IrNode, "shape" | "instances" | "rows">): IrNode {
  const { shape, instances, rows } = like;
  return t.input({ name, shape, dtype: "float", instances, rows, role: { is: "carried", from: nextOf(name) } });
}

/** What inputs hold after a step, by their names. */
export function nextState(inputs: Readonly<Record<string, IrNode>>): NextState {
  const entries = Object.entries(inputs);
  return {
    outputs: Object.fromEntries(entries.map(([input, node]) => [nextOf(input), node])),
    carry: Object.fromEntries(entries.map(([input]) => [nextOf(input), input])),
  };
}
