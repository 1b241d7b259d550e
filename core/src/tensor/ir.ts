import { shapeError } from "../plugin/errors.js";
import type { DType, HostTensor, Shape, Tensor } from "../plugin/tensor.js";
import type { Emitter } from "../program/emitter.js";
import type { Vocabulary } from "./vocabulary.js";

/**
 * The hidden axis of spec rows: one row per linear function that is bounded together. Rows of different spaces never
 * meet in one operation. `size` is open where the caller decides it at each run.
 */
export interface RowSpace {
  readonly name: string;
  readonly size: number | undefined;
  /** The greatest number of rows, where the run decides on it. */
  readonly most?: number;
  /** Whose rows they are: of each element of a value, of its unstable elements, or fed by the caller. */
  readonly kind?: "elements" | "unstable" | "fed";
  /** The name of the value whose elements have rows. */
  readonly of?: string;
}

/** A node of the IR is a tensor: operations link nodes, nothing else holds state. */
export interface IrNode extends Tensor {
  /** Of this node alone, in whatever recording it was made: for names and messages. */
  readonly id: number;
  readonly primitive: Primitive;
  readonly inputs: readonly IrNode[];
  readonly attributes: unknown;
  /** True where the value differs between instances. */
  readonly instances: boolean;
  /** Set where the value differs between rows. */
  readonly rows: RowSpace | undefined;
}

export interface Hidden {
  readonly instances: boolean;
  readonly rows: RowSpace | undefined;
}

export interface Inferred {
  readonly shape: Shape;
  readonly dtype: DType;
}

/**
 * One operation of the vocabulary: its shape rule, gradient, ONNX lowering and evaluation, side by side. `infer` and
 * `evaluate` see the shape S only; `lower` sees `[instances or 1, rows or 1, ...S]`.
 */
export interface Primitive {
  readonly name: string;
  infer(inputs: readonly IrNode[], attributes: never): Inferred;
  /** The hidden axes of the result; the union of the inputs' where absent. */
  hidden?(inputs: readonly IrNode[], attributes: never): Hidden;
  /** A cheaper node with the same value, if there is one. */
  simplify?(t: Vocabulary, inputs: readonly IrNode[], attributes: never): IrNode | undefined;
  /** The cotangent of each input, in that input's shape S; undefined where nothing flows. */
  gradient?(t: Vocabulary, node: IrNode, cotangent: IrNode): readonly (IrNode | undefined)[];
  lower(emitter: Emitter, node: IrNode, inputs: readonly string[]): string;
  /** The value in float64, one instance and row at a time. Absent for leaves and for what moves hidden axes. */
  evaluate?(inputs: readonly HostTensor[], attributes: never, result: Inferred): Float64Array;
}

/** Types a primitive's attributes inside its own definition and forgets them outside. */
export interface PrimitiveDefinition<A> {
  readonly name: string;
  infer(inputs: readonly IrNode[], attributes: A): Inferred;
  hidden?(inputs: readonly IrNode[], attributes: A): Hidden;
  simplify?(t: Vocabulary, inputs: readonly IrNode[], attributes: A): IrNode | undefined;
  gradient?(t: Vocabulary, node: IrNode & { readonly attributes: A }, cotangent: IrNode): readonly (IrNode | undefined)[];
  lower(emitter: Emitter, node: IrNode & { readonly attributes: A }, inputs: readonly string[]): string;
  evaluate?(inputs: readonly HostTensor[], attributes: A, result: Inferred): Float64Array;
}

export function definePrimitive<A>(definition: PrimitiveDefinition<A>): Primitive {
  return Object.freeze({ ...definition }) as unknown as Primitive;
}

/** True for what `definePrimitive` and the recorder made, whichever copy of the package it came from. */
export function isIrNode(value: unknown): value is IrNode {
  return typeof value === "object" && value !== null && (value as { $$type?: unknown }).$$type === "lirpa.tensor";
}

/** The hidden axes of an operation on several operands. */
export function unionHidden(inputs: readonly IrNode[], operation: string): Hidden {
  let instances = false;
  let rows: RowSpace | undefined;
  for (const input of inputs) {
    instances ||= input.instances;
    if (input.rows !== undefined) {
      if (rows !== undefined && rows !== input.rows) {
        throw shapeError(`${operation} joins rows of two spaces, ${rows.name} and ${input.rows.name}`);
      }
      rows = input.rows;
    }
  }
  return { instances, rows };
}
