import type { Shape, Tensor, DType } from "./tensor.js";

/** An input of a program. `instances` and `rows` say whether its array has the hidden axes (size 1 where it has not). */
export interface ProgramInput {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly instances: boolean;
  readonly rows: boolean;
}

/**
 * A recorded computation: named inputs and outputs over one graph of tensors. Sizes of the two hidden axes, instances
 * and rows, are open until a run feeds arrays.
 */
export interface Program {
  readonly $$type: "lirpa.program";
  readonly name: string;
  readonly inputs: readonly ProgramInput[];
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** How the rows of each bounded value's elements are held, by the value's name: for explanations. */
  readonly rows?: Readonly<Record<string, string>>;
}
