import type { Shape, Tensor, DType } from "./tensor.js";

/**
 * What an input is for. Whoever looks for one goes by this, and feeds it by its name. Names of values are the model's.
 */
export type PortRole =
  /** The center of a perturbed input or parameter; what an input or parameter that is not perturbed holds. */
  | { readonly is: "center" | "fixed"; readonly of: string }
  /** A field of the set around a value: a radius, say. */
  | { readonly is: "set"; readonly of: string; readonly field: string }
  /** An intermediate bound that was computed before. */
  | { readonly is: "given"; readonly of: string; readonly side: "lower" | "upper" }
  /** An end of the interval that a value is restricted to. */
  | { readonly is: "constraint"; readonly of: string; readonly side: "lower" | "upper" }
  /** Rows of the specification. */
  | { readonly is: "rows" }
  /** State: what the program's output of this name gave in the run before. */
  | { readonly is: "carried"; readonly from: string }
  /** The weight of each element of an output in the sum that is differentiated. */
  | { readonly is: "cotangent"; readonly of: string }
  /** An operand of a linear operator while its adjoint is recorded; no program that is run has one. */
  | { readonly is: "placeholder" }
  /** Something that only whoever recorded the program knows. */
  | { readonly is: "own" };

/**
 * An input or output of a program. Its array has the physical shape `[instances or 1, rows or 1, ...shape]`:
 * `instances` and `rows` say whether it has these axes. Inputs have a role.
 */
export interface Port {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly instances: boolean;
  readonly rows: boolean;
  readonly role: PortRole;
}

/**
 * A recorded computation: named inputs and outputs over one graph of tensors. Sizes of the two hidden axes, instances
 * and rows, are open until a run feeds arrays.
 */
export interface Program {
  readonly $$type: "lirpa.program";
  readonly name: string;
  readonly inputs: readonly Port[];
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** How the rows of each bounded value's elements are held, by the value's name: for explanations. */
  readonly rows?: Readonly<Record<string, string>>;
}
