import type { HostTensor } from "../plugin/tensor.js";
import { evaluateNode, type Evaluated } from "./evaluate.js";
import { unionHidden, type IrNode, type Primitive } from "./ir.js";
import { constantPrimitive, fullPrimitive } from "./primitives/leaves.js";
import { sizeOf } from "./shapes.js";
import type { Vocabulary } from "./vocabulary.js";

/** Folding never makes a constant larger than this, nor one that is much larger than what it came from. */
const LARGEST_FOLD = 1 << 22;
const CONTRACTIONS: ReadonlySet<string> = new Set(["matmul", "conv", "convTranspose"]);
const LARGEST_CONTRACTION = 1 << 22;

/**
 * Makes nodes. Simplification happens here, as nodes are made: equal operations are one node, constants are folded,
 * neutral operations vanish; what no output needs is never reached again. So no pass has to run afterwards.
 */
export class Recorder {
  private readonly known = new Map<string, IrNode>();
  private readonly dataIds = new WeakMap<object, number>();
  private nextId = 0;

  record(t: Vocabulary, primitive: Primitive, inputs: readonly IrNode[], attributes: unknown): IrNode {
    const simpler = primitive.simplify?.(t, inputs, attributes as never);
    if (simpler !== undefined) return simpler;
    const key = `${primitive.name}|${inputs.map((input) => input.id).join(",")}|${this.keyOf(attributes)}`;
    const existing = this.known.get(key);
    if (existing !== undefined) return existing;
    const node = this.fold(t, this.make(primitive, inputs, attributes));
    this.known.set(key, node);
    return node;
  }

  private make(primitive: Primitive, inputs: readonly IrNode[], attributes: unknown): IrNode {
    const { shape, dtype } = primitive.infer(inputs, attributes as never);
    const { instances, rows } = primitive.hidden?.(inputs, attributes as never) ?? unionHidden(inputs, primitive.name);
    const id = this.nextId++;
    return Object.freeze({ $$type: "lirpa.tensor" as const, id, primitive, inputs, attributes, shape, dtype, instances, rows });
  }

  private fold(t: Vocabulary, node: IrNode): IrNode {
    if (node.primitive.evaluate === undefined || node.inputs.length === 0 || !node.inputs.every(isConstant)) return node;
    const size = sizeOf(node.shape);
    const source = node.inputs.reduce((sum, input) => sum + sizeOf(input.shape), 0);
    if (size > LARGEST_FOLD && size > 2 * source) return node;
    if (CONTRACTIONS.has(node.primitive.name) && size * source > LARGEST_CONTRACTION) return node;
    const value: Evaluated = evaluateNode(node, node.inputs.map(constantOf));
    const first = value.data[0] ?? 0;
    if (size > 0 && (size === 1 || value.data.every((entry) => entry === first))) {
      return this.record(t, fullPrimitive, [], { shape: node.shape, dtype: node.dtype, value: first });
    }
    return this.record(t, constantPrimitive, [], { value: { shape: node.shape, dtype: node.dtype, data: value.data } });
  }

  /** Attributes are small JSON, host tensors (known by identity) or row spaces (known by identity). */
  private keyOf(attributes: unknown): string {
    return JSON.stringify(attributes, (_, value: unknown) => {
      if (ArrayBuffer.isView(value)) return `#${this.idOf(value)}`;
      if (typeof value === "number" && !Number.isFinite(value)) return String(value);
      if (Object.is(value, -0)) return "-0";
      return value;
    }) ?? "";
  }

  private idOf(data: object): number {
    let id = this.dataIds.get(data);
    if (id === undefined) this.dataIds.set(data, (id = this.nextId++));
    return id;
  }
}

export function isConstant(node: IrNode): boolean {
  return node.primitive === constantPrimitive || node.primitive === fullPrimitive;
}

/** The one value of a uniform constant. */
export function uniformValue(node: IrNode): number | undefined {
  return node.primitive === fullPrimitive ? (node.attributes as { value: number }).value : undefined;
}

/** The host value of a constant node. */
export function constantOf(node: IrNode): HostTensor {
  if (node.primitive === fullPrimitive) {
    const { value } = node.attributes as { value: number };
    return { shape: node.shape, dtype: node.dtype, data: new Float64Array(sizeOf(node.shape)).fill(value) };
  }
  return (node.attributes as { value: HostTensor }).value;
}
