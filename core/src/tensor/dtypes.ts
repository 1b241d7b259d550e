import { shapeError } from "../plugin/errors.js";
import type { IrNode } from "./ir.js";

const names = (...list: string[]): ReadonlySet<string> => new Set(list);
const FLOATS_ONLY = names(
  "exp", "log", "sqrt", "reciprocal", "sin", "cos", "atan", "tanh", "sigmoid", "erf", "floor", "ceil", "round", "relu",
  "conv", "convTranspose", "dot",
);
const NO_BOOLS = names("add", "sub", "mul", "div", "pow", "min", "max", "neg", "abs", "sign", "less", "lessEqual", "matmul", "sum", "reduceMax", "reduceMin");
const BOOLS_ONLY = names("not", "and", "or");
const ALL_ALIKE = names("concat", "matmul", "dot", "conv", "convTranspose");
const INDEXED = names("gather", "gatherElements");

/**
 * Refuses operands of a dtype that an operation does not take: a model whose types were changed would otherwise reach
 * the runtime. Throws `LIRPA_SHAPE`.
 */
export function checkDtypes(operation: string, inputs: readonly IrNode[]): void {
  const [first] = inputs;
  if (first === undefined) return;
  const refuse = ({ dtype }: IrNode, takes: string): never => {
    throw shapeError(`${operation} of ${dtype} values; it takes ${takes}`, { hint: "An element type of the model is damaged, or a Cast is missing." });
  };
  for (const input of inputs) {
    if (FLOATS_ONLY.has(operation) && input.dtype !== "float") refuse(input, "floats");
    if (NO_BOOLS.has(operation) && input.dtype === "bool") refuse(input, "numbers");
    if (BOOLS_ONLY.has(operation) && input.dtype !== "bool") refuse(input, "booleans");
    if (ALL_ALIKE.has(operation) && input.dtype !== first.dtype) refuse(input, `values of one type, here ${first.dtype}`);
  }
  if (operation === "where" && first.dtype !== "bool") refuse(first, "a boolean condition");
  if (INDEXED.has(operation) && inputs[1]!.dtype !== "int") refuse(inputs[1]!, "integers as indices");
}
