import { shapeError } from "../plugin/errors.js";
import type { DType, HostTensor, Shape, Tensor } from "../plugin/tensor.js";
import type { Lowering } from "./lowering.js";
import type { PrimitiveName } from "./primitives/names.js";
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

/** A value with its hidden axes in front: `[instances, rows, ...shape]`, both 1 where the node has none. */
export interface Evaluated {
  readonly instances: number;
  readonly rows: number;
  readonly data: Float64Array | Float32Array;
}

/** What the elements of an operand are: "numbers" are floats or integers, "indices" integers. */
export type OperandType = "anything" | "floats" | "numbers" | "booleans" | "a condition" | "indices";

/** All that is known of a primitive but how it computes. What is absent does not hold, or nobody may rely on it. */
export interface PrimitiveTraits {
  readonly name: PrimitiveName;
  /** The operands, one by one; none for a leaf. */
  readonly takes: readonly OperandType[];
  /** True where any number of operands follow that are like the last one. */
  readonly variadic?: true;
  /** True where all operands have one dtype. */
  readonly alike?: true;
  /** True for a leaf whose value is known when the program is recorded: its attributes hold it as `value`. */
  readonly constant?: true;
  /** True for a leaf that is fed at each run, by the name in its attributes. */
  readonly fed?: true;
  /** True where the result is the operand's own array, in another shape at most: runtimes give it no memory. */
  readonly view?: true;
  /** True where elements of the operand are put elsewhere, or left out, and none is used twice. */
  readonly moves?: true;
  /** True where each element of the result takes many products: the recorder folds only small ones. */
  readonly contraction?: true;
  /** True where the result may be a number though an operand is NaN. All others give NaN for NaN. */
  readonly chooses?: true;
  /** True where rows become an axis of the shape, or back: a cotangent then has the operand's rows already. */
  readonly reshapesRows?: true;
}

/**
 * One operation of the vocabulary: its shape rule, gradient, lowering and evaluation, side by side. `infer` and
 * `evaluate` see the shape S only; `lower` sees `[instances or 1, rows or 1, ...S]`.
 */
export interface Primitive extends PrimitiveTraits {
  /** Throws `LIRPA_SHAPE` for operands or attributes that do not fit. */
  infer(inputs: readonly IrNode[], attributes: never): Inferred;
  /** The hidden axes of the result; the union of the inputs' where absent. */
  hidden?(inputs: readonly IrNode[], attributes: never): Hidden;
  /** A cheaper node with the same value, if there is one. */
  simplify?(t: Vocabulary, inputs: readonly IrNode[], attributes: never): IrNode | undefined;
  /** Records the operation on other operands, where that takes more than its attributes. */
  again?(t: Vocabulary, node: IrNode, inputs: readonly IrNode[]): IrNode;
  /** The cotangent of each input, in that input's shape S; undefined where nothing flows. "none" for all inputs. */
  readonly gradient: "none" | ((t: Vocabulary, node: IrNode, cotangent: IrNode) => readonly (IrNode | undefined)[]);
  lower(lowering: Lowering, node: IrNode, inputs: readonly string[]): string;
  /** The value in float64, one instance and row at a time. */
  evaluate?(inputs: readonly HostTensor[], attributes: never, result: Inferred): Float64Array;
  /** The value of all instances and rows, where the operation does something to these axes. */
  evaluateHidden?(node: IrNode, inputs: readonly Evaluated[]): Evaluated;
}

/** Types a primitive's attributes inside its own definition and forgets them outside. */
export interface PrimitiveDefinition<A> extends PrimitiveTraits {
  infer(inputs: readonly IrNode[], attributes: A): Inferred;
  hidden?(inputs: readonly IrNode[], attributes: A): Hidden;
  simplify?(t: Vocabulary, inputs: readonly IrNode[], attributes: A): IrNode | undefined;
  again?(t: Vocabulary, node: IrNode, inputs: readonly IrNode[]): IrNode;
  readonly gradient:
    "none" | ((t: Vocabulary, node: NodeWith<A>, cotangent: IrNode) => readonly (IrNode | undefined)[]);
  lower(lowering: Lowering, node: NodeWith<A>, inputs: readonly string[]): string;
  evaluate?(inputs: readonly HostTensor[], attributes: A, result: Inferred): Float64Array;
  evaluateHidden?(node: NodeWith<A>, inputs: readonly Evaluated[]): Evaluated;
}

type NodeWith<A> = IrNode & { readonly attributes: A };

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
