import { shapeError } from "../plugin/errors.js";
import type { DType } from "../plugin/tensor.js";
import type { IrNode, OperandType, PrimitiveTraits } from "./ir.js";

const DTYPES: Readonly<Record<OperandType, { readonly dtypes: readonly DType[]; readonly words: string }>> = {
  anything: { dtypes: ["float", "int", "bool"], words: "anything" },
  floats: { dtypes: ["float"], words: "floats" },
  numbers: { dtypes: ["float", "int"], words: "numbers" },
  booleans: { dtypes: ["bool"], words: "booleans" },
  "a condition": { dtypes: ["bool"], words: "a boolean condition" },
  indices: { dtypes: ["int"], words: "integers as indices" },
};

/**
 * Refuses operands of a dtype that an operation does not take: a model whose types were changed would otherwise reach
 * the runtime. Throws `LIRPA_SHAPE`.
 */
export function checkDtypes({ name, takes, alike }: PrimitiveTraits, inputs: readonly IrNode[]): void {
  inputs.forEach((input, i) => {
    const { dtypes, words } = DTYPES[takes[Math.min(i, takes.length - 1)]!];
    if (!dtypes.includes(input.dtype)) throw refusal(name, input, words);
    const [first] = inputs;
    if (alike === true && input.dtype !== first!.dtype) {
      throw refusal(name, input, `values of one type, here ${first!.dtype}`);
    }
  });
}

function refusal(operation: string, { dtype }: IrNode, takes: string): Error {
  return shapeError(`${operation} of ${dtype} values; it takes ${takes}`, {
    hint: "An element type of the model is damaged, or a Cast is missing.",
  });
}
