import { isLirpaError, LirpaError } from "../plugin/errors.js";
import type { DType, HostTensor } from "../plugin/tensor.js";
import { checkDtypes } from "./dtypes.js";
import { checkExtent } from "./extent.js";
import { isIrNode, unionHidden, type Hidden, type IrNode, type Primitive, type RowSpace } from "./ir.js";
import { topological } from "./order.js";
import { PRIMITIVES } from "./primitives/table.js";
import { sameShape, showShape, sizeOf } from "./shapes.js";

/**
 * Holds nodes, and all that they rely on, to the definitions of their primitives: operands of the right number and
 * dtypes, shapes, dtypes and hidden axes as they are inferred, constants whose numbers fill their shape, no cycles, one
 * node for each id and one open row space for each name. Transforms must give what this accepts. Throws
 * `LIRPA_INTERNAL` for the first node that is otherwise, which `details` names.
 */
export function verifyNodes(outputs: readonly IrNode[]): void {
  const met = { nodes: new Set<IrNode>(), ids: new Set<number>(), spaces: new Map<string, RowSpace>() };
  demandNodes(outputs);
  for (const node of topological(outputs)) {
    verifyOperands(node, met.nodes);
    verifyInferred(node);
    verifyConstant(node);
    if (met.ids.has(node.id)) throw broken(node, "another node has its id");
    verifyRows(node, met.spaces);
    met.ids.add(node.id);
    met.nodes.add(node);
  }
}

/** Before anybody walks along operands: what is there may be anything. */
function demandNodes(outputs: readonly IrNode[]): void {
  const seen = new Set<unknown>(outputs);
  for (const node of seen) {
    if (!isIrNode(node) || !Array.isArray(node.inputs) || !Object.hasOwn(PRIMITIVES, node.primitive?.name)) {
      throw new LirpaError("LIRPA_INTERNAL", "a recording holds what is no node of a known primitive");
    }
    for (const input of node.inputs) seen.add(input);
  }
}

function definitionOf(node: IrNode): Primitive {
  return PRIMITIVES[node.primitive.name];
}

/** Operands come before their users in any order of a graph that has no cycle. */
function verifyOperands(node: IrNode, before: ReadonlySet<IrNode>): void {
  const { takes, variadic } = definitionOf(node);
  const count = node.inputs.length;
  if (variadic === true ? count < takes.length : count !== takes.length) throw broken(node, `it has ${count} operands`);
  if (!node.inputs.every((input) => before.has(input))) throw broken(node, "it relies on itself");
}

/** The primitive's own rules refuse operands and attributes that do not fit, too. */
function verifyInferred(node: IrNode): void {
  const definition = definitionOf(node);
  const inferred = ruled(node, () => {
    checkDtypes(definition, node.inputs);
    const { shape, dtype } = definition.infer(node.inputs, node.attributes as never);
    checkExtent(shape, dtype, Infinity);
    return { shape, dtype, ...hiddenOf(definition, node) };
  });
  if (!sameShape(node.shape, inferred.shape)) {
    throw broken(node, `its shape is ${showShape(node.shape)} and not ${showShape(inferred.shape)}`);
  }
  if (node.dtype !== inferred.dtype) throw broken(node, `its dtype is ${node.dtype} and not ${inferred.dtype}`);
  if (node.instances !== inferred.instances) throw broken(node, "its instances are not its operands'");
  if (node.rows !== inferred.rows) throw broken(node, "its rows are not its operands'");
}

function hiddenOf(definition: Primitive, { inputs, attributes }: IrNode): Hidden {
  return definition.hidden?.(inputs, attributes as never) ?? unionHidden(inputs, definition.name);
}

function ruled<T>(node: IrNode, rule: () => T): T {
  try {
    return rule();
  } catch (cause) {
    throw broken(node, isLirpaError(cause) ? cause.problem : "its attributes are not the primitive's", cause);
  }
}

/** Whether numbers are of the dtype: a runtime would read others where they are not. */
const FIT: Readonly<Record<DType, (data: ArrayLike<number>) => boolean>> = {
  float: () => true,
  int: (data) => Array.prototype.every.call(data, Number.isInteger),
  bool: (data) => Array.prototype.every.call(data, (x) => x === 0 || x === 1),
};

function verifyConstant(node: IrNode): void {
  if (definitionOf(node).constant !== true) return;
  const { value } = node.attributes as { readonly value: HostTensor | number };
  const data = typeof value === "number" ? [value] : value.data;
  const count = typeof value === "number" ? 1 : sizeOf(node.shape);
  if (data.length !== count) throw broken(node, `${data.length} numbers do not fill ${showShape(node.shape)}`);
  if (!FIT[node.dtype](data)) throw broken(node, `its numbers are not of dtype ${node.dtype}`);
}

/** A program knows open sizes by their names. */
function verifyRows(node: IrNode, spaces: Map<string, RowSpace>): void {
  const { rows } = node;
  if (rows === undefined || rows.size !== undefined) return;
  const known = spaces.get(rows.name);
  if (known !== undefined && known !== rows) throw broken(node, `there are two spaces of rows called ${rows.name}`);
  spaces.set(rows.name, rows);
}

function broken({ id, primitive: { name } }: IrNode, problem: string, cause?: unknown): LirpaError {
  return new LirpaError("LIRPA_INTERNAL", `the node ${id} (${name}) is broken: ${problem}`, {
    details: { id, primitive: name },
    ...(cause !== undefined && { cause }),
  });
}
