import type { HostTensor } from "../plugin/tensor.js";
import type { IrNode } from "./ir.js";
import type { InputAttributes } from "./primitives/leaves.js";

/** A size: a number, or a product of a number and sizes that are open until a run. */
export type Dim = number | SymbolicDim;
export interface SymbolicDim {
  readonly factor: number;
  readonly symbols: readonly string[];
}

/** Attributes of an operation: no lowering needs others than integers (INT) and lists of them (INTS). */
export type NodeAttributes = Readonly<Record<string, number | readonly number[]>>;

/**
 * What the lowering of a primitive may say, in ONNX's operators. Values are known by names. Every one has the physical
 * shape `[instances or 1, rows or 1, ...S]`; lowerings that need another one reshape, which runtimes do without
 * copying. Whoever writes programs implements this: primitives know no file format.
 */
export interface Lowering {
  /** An operation; the name of one of its outputs, the first one where nothing is said. */
  node(type: string, inputs: readonly string[], attributes?: NodeAttributes, output?: number): string;
  /** A value that is fed at each run. */
  input(attributes: InputAttributes): string;
  /** A constant with the given sizes. Throws `LIRPA_INTERNAL` where the numbers do not fill them. */
  initializer(value: HostTensor, dims: readonly number[]): string;
  /** A vector of integers, as shapes and axes are given. */
  ints(values: readonly number[]): string;
  isConstant(name: string): boolean;
  /** A constant that is computed from another one, once for all lowerings that want the same. */
  derived(name: string, what: string, compute: (constant: HostTensor) => HostTensor): string;
  /** What holds a node that was lowered before. */
  nameOf(node: IrNode): string;
  /** The physical shape of a node's value. */
  dims(node: IrNode): Dim[];
  instancesOf(node: IrNode): Dim;
  product(dims: readonly Dim[]): Dim;
  reshape(name: string, from: readonly Dim[], to: readonly Dim[]): string;
  /** Sizes as a vector, for what takes a shape. */
  vector(dims: readonly Dim[]): string;
  /** A node's inputs with as many axes as the node: S broadcasts against S, and hidden axes against hidden axes. */
  aligned(node: IrNode, inputs: readonly string[]): string[];
  /** A node's inputs repeated along the hidden axes that the node has and they lack. */
  repeatedInputs(node: IrNode, inputs: readonly string[]): string[];
  /** Says along which axis of a value an open size is read off, if no input has it. */
  declareOpenSize(symbol: string, name: string, axis: number): void;
}
