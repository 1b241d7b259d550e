import { LirpaError } from "../plugin/errors.js";
import type { Program } from "../plugin/program.js";
import { BYTES } from "../tensor/extent.js";
import type { IrNode } from "../tensor/ir.js";
import { topological } from "../tensor/order.js";
import { sizeOf } from "../tensor/shapes.js";
import { nodesOf } from "../program/program.js";

/** Bytes that the values of a program take while it runs, for one instance. */
export interface MemoryNeeds {
  /** Bytes that do not grow with the number of rows that are fed. */
  readonly fixed: number;
  /** Of each row that is fed. */
  readonly perRow: number;
}

/**
 * The most that is alive at a time, where every value lives from its node to its last reader. Weights and fed arrays of
 * instances are there anyway and not counted. The two numbers may be reached at different nodes: their sum is a limit.
 */
export function memoryOf(program: Program): MemoryNeeds {
  const outputs = Object.values(nodesOf(program));
  const order = topological(outputs);
  const lastReader = lastReaders(order, outputs);
  const alive = { fixed: 0, perRow: 0 };
  const most = { fixed: 0, perRow: 0 };
  const count = (node: IrNode, sign: 1 | -1): void => {
    const { fixed, perRow } = bytesOf(node);
    alive.fixed += sign * fixed;
    alive.perRow += sign * perRow;
  };
  const ending = new Map<IrNode, IrNode[]>();
  for (const [owner, reader] of lastReader)
    if (reader !== undefined) ending.set(reader, [...(ending.get(reader) ?? []), owner]);
  for (const node of order) {
    if (ownerOf(node) === node) count(node, 1);
    most.fixed = Math.max(most.fixed, alive.fixed);
    most.perRow = Math.max(most.perRow, alive.perRow);
    for (const owner of ending.get(node) ?? []) count(owner, -1);
  }
  return most;
}

/** Refuses a budget that is no number of bytes: nothing would fit it, or everything would. */
export function checkMemory(memory: number | undefined): void {
  if (memory === undefined || (typeof memory === "number" && memory > 0)) return;
  const hint = "Give a number of bytes above zero, such as 2 ** 30.";
  throw new LirpaError("LIRPA_OPTION", `memory is ${String(memory)}`, { hint });
}

/** Instances times what one takes, with a number of fed rows. */
export function bytesFor({ fixed, perRow }: MemoryNeeds, rows: number, instances: number): number {
  return (fixed + perRow * rows) * instances;
}

/** How many rows fit, up to as many as there are; 0 where not even one does. */
export function rowsWithin({ fixed, perRow }: MemoryNeeds, bytes: number, instances: number, rows: number): number {
  const left = bytes / instances - fixed;
  if (left < 0) return 0;
  return perRow === 0 ? rows : Math.min(rows, Math.floor(left / perRow));
}

/** The last node that reads what a node owns; undefined where the program gives it away. */
function lastReaders(order: readonly IrNode[], outputs: readonly IrNode[]): ReadonlyMap<IrNode, IrNode | undefined> {
  const last = new Map<IrNode, IrNode | undefined>();
  for (const node of order) for (const input of node.inputs) last.set(ownerOf(input), node);
  for (const output of outputs) last.set(ownerOf(output), undefined);
  return last;
}

function ownerOf(node: IrNode): IrNode {
  let owner = node;
  while (owner.primitive.view === true) owner = owner.inputs[0]!;
  return owner;
}

function bytesOf({ inputs, rows, shape, dtype }: IrNode): MemoryNeeds {
  const bytes = BYTES[dtype] * sizeOf(shape);
  if (rows === undefined) return { fixed: inputs.length === 0 ? 0 : bytes, perRow: 0 };
  const known = rows.size ?? rows.most;
  return known === undefined ? { fixed: 0, perRow: bytes } : { fixed: bytes * known, perRow: 0 };
}

/** The error for what takes more than there is. */
export function tooLarge(what: string, bytes: number, budget: number): LirpaError {
  const problem = `${what} takes ${sizeInWords(bytes)}; the budget is ${sizeInWords(budget)}`;
  return new LirpaError("LIRPA_MEMORY", problem, { hint: "Raise the memory budget." });
}

/** At least as much, in a unit that shows it. */
export function sizeInWords(bytes: number): string {
  return bytes < 2 ** 20 ? `${Math.ceil(bytes / 2 ** 10)} KiB` : `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
