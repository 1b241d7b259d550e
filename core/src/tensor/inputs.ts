import type { IrNode, RowSpace } from "./ir.js";
import { OWN, type InputAttributes } from "./primitives/leaves.js";

// Inputs of all recordings that are still in use, by what they are fed as. A program that joins two recordings has one
// input for each name that way, and one gradient for it; held weakly, they go with the programs.

const inputs = new Map<string, WeakRef<IrNode>>();
const gone = new FinalizationRegistry<string>((key) => {
  if (inputs.get(key)?.deref() === undefined) inputs.delete(key);
});
const spaces = new WeakMap<RowSpace, number>();
let spaceCount = 0;

/** The input of these attributes that some recording made before, where it is still in use. */
export function knownInput(attributes: InputAttributes): IrNode | undefined {
  return inputs.get(keyOf(attributes))?.deref();
}

/** Keeps an input for other recordings. */
export function rememberInput(node: IrNode): IrNode {
  const key = keyOf(node.attributes as InputAttributes);
  inputs.set(key, new WeakRef(node));
  gone.register(node, key);
  return node;
}

/** Row spaces count by identity, as they do in every operation that joins two tensors. */
function keyOf({ name, shape, dtype, instances, rows, role = OWN }: InputAttributes): string {
  const kind = Object.entries(role).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([name, shape, dtype, instances, rows && numberOf(rows), kind]);
}

function numberOf(space: RowSpace): number {
  let number = spaces.get(space);
  if (number === undefined) spaces.set(space, (number = spaceCount++));
  return number;
}
