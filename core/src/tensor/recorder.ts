import { LirpaError } from "../plugin/errors.js";
import { checkDtypes } from "./dtypes.js";
import { evaluateNode } from "./evaluate.js";
import { checkExtent } from "./extent.js";
import { knownInput, rememberInput } from "./inputs.js";
import { unionHidden, type Evaluated, type IrNode, type Primitive, type RowSpace } from "./ir.js";
import {
  constantOf,
  constantPrimitive,
  fullPrimitive,
  isConstant,
  isVast,
  uniformValue,
  type InputAttributes,
} from "./primitives/leaves.js";
import { sizeOf } from "./shapes.js";
import type { Vocabulary } from "./vocabulary.js";

/** Folding never makes a constant larger than this, nor one that is much larger than what it came from. */
const LARGEST_FOLD = 1 << 22;
const LARGEST_CONTRACTION = 1 << 22;
/** What one recording may fold in all, besides four times what it was given; small constants are always folded. */
const MOST_FOLDED = 1 << 24;
const SMALL_FOLD = 1 << 12;
/** Operations of a recording that says what it may take: rules that write one for each element end here. */
const MOST_NODES = 1 << 20;

/** Ids count on through all recordings, other copies' of this package too: a program may hold nodes of several. */
const ids = ((globalThis as { [key: symbol]: { next: number } | undefined })[Symbol.for("lirpa.ids")] ??= { next: 0 });

/**
 * Makes nodes. Simplification happens here, as nodes are made: equal operations are one node, constants are folded,
 * neutral operations vanish; what no output needs is never reached again. So no pass has to run afterwards.
 * Operands may come from other recordings: they are known by ids that no two nodes share.
 */
export class Recorder {
  private readonly known = new Map<string, IrNode>();
  private readonly spaces = new Map<string, RowSpace>();
  private readonly arrays = new WeakMap<object, number>();
  private met = 0;
  private folded = 0;
  private allowed = MOST_FOLDED;

  /** `most`: bytes that one value may take; any where absent. */
  constructor(private readonly most: number = Infinity) {}

  record(t: Vocabulary, primitive: Primitive, inputs: readonly IrNode[], attributes: unknown): IrNode {
    const simpler = primitive.simplify?.(t, inputs, attributes as never);
    if (simpler !== undefined) return simpler;
    const key = `${primitive.name}|${inputs.map((input) => input.id).join(",")}|${this.keyOf(attributes)}`;
    const existing = this.known.get(key);
    if (existing !== undefined) return existing;
    if (this.most !== Infinity && this.known.size >= MOST_NODES) {
      throw new LirpaError("LIRPA_MEMORY", `the rules record more than ${MOST_NODES} operations`, {
        hint: "The model's sizes are damaged, or it is too large to bound.",
      });
    }
    const made = this.make(primitive, inputs, attributes);
    const node = primitive.fed === true ? shared(made) : this.fold(t, made);
    this.known.set(key, node);
    return node;
  }

  /** Row spaces meet by identity: equal descriptions are one object within a recording. */
  rows({ name, size, most, kind, of }: RowSpace): RowSpace {
    const key = JSON.stringify([name, size, most, kind, of]);
    const known = this.spaces.get(key);
    if (known !== undefined) return known;
    const rest = { ...(most !== undefined && { most }), ...(kind && { kind }), ...(of !== undefined && { of }) };
    const space = Object.freeze({ name, size, ...rest });
    this.spaces.set(key, space);
    return space;
  }

  private make(primitive: Primitive, inputs: readonly IrNode[], attributes: unknown): IrNode {
    checkDtypes(primitive, inputs);
    const { shape, dtype } = primitive.infer(inputs, attributes as never);
    checkExtent(shape, dtype, this.most);
    const { instances, rows } = primitive.hidden?.(inputs, attributes as never) ?? unionHidden(inputs, primitive.name);
    return Object.freeze({
      $$type: "lirpa.tensor" as const,
      id: ids.next++,
      primitive,
      inputs,
      attributes,
      shape,
      dtype,
      instances,
      rows,
    });
  }

  private fold(t: Vocabulary, node: IrNode): IrNode {
    if (isConstant(node) && uniformValue(node) === undefined) this.allowed += 4 * sizeOf(node.shape);
    if (node.primitive.evaluate === undefined || node.inputs.length === 0 || !node.inputs.every(isConstant)) {
      return node;
    }
    const size = sizeOf(node.shape);
    const source = node.inputs.reduce((sum, input) => sum + sizeOf(input.shape), 0);
    if (size > LARGEST_FOLD && size > 2 * source) return node;
    if (node.primitive.contraction === true && size * source > LARGEST_CONTRACTION) return node;
    if (node.inputs.some(isVast)) return node;
    if (size > SMALL_FOLD && this.folded + size > this.allowed) return node;
    this.folded += size;
    const value: Evaluated = evaluateNode(node, node.inputs.map(constantOf));
    const first = value.data[0] ?? 0;
    if (size > 0 && (size === 1 || value.data.every((entry) => entry === first))) {
      return this.record(t, fullPrimitive, [], { shape: node.shape, dtype: node.dtype, value: first });
    }
    this.allowed -= 4 * size;
    return this.record(t, constantPrimitive, [], { value: { shape: node.shape, dtype: node.dtype, data: value.data } });
  }

  /** Attributes count by content; typed arrays in them by identity. */
  private keyOf(attributes: unknown): string {
    return (
      JSON.stringify(attributes, (_, value: unknown) => {
        if (ArrayBuffer.isView(value)) return `#${this.numberOf(value)}`;
        if (typeof value === "number" && !Number.isFinite(value)) return String(value);
        if (Object.is(value, -0)) return "-0";
        return value;
      }) ?? ""
    );
  }

  private numberOf(array: object): number {
    let number = this.arrays.get(array);
    if (number === undefined) this.arrays.set(array, (number = this.met++));
    return number;
  }
}

/** What is fed by one name is one node, whichever recordings read it. */
function shared(input: IrNode): IrNode {
  return knownInput(input.attributes as InputAttributes) ?? rememberInput(input);
}
