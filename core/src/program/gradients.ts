import type { Program } from "../plugin/program.js";
import { vjp } from "../tensor/gradient.js";
import type { IrNode } from "../tensor/ir.js";
import type { Vocabulary } from "../tensor/vocabulary.js";
import { extendProgram, partOf } from "./extend.js";

/** Names of what a program with gradients takes and gives besides. */
export const gradientNames = {
  /** The weight of each element of an output in the sum that is differentiated. */
  cotangent: (output: string): string => `cotangent:${output}`,
  gradient: (input: string): string => `gradient:${input}`,
} as const;

/**
 * The program with its gradients: besides its own outputs, for each input in `wrt` the derivative of the sum of
 * cotangent times output over all `of` outputs, in the input's physical shape. An input that instances or rows share
 * gets the sum over them. Indices and masks are decided as without gradients; none flows through them.
 * Throws `LIRPA_OPTION` for an unknown input or output.
 */
export function valueAndGradients(
  program: Program,
  wrt: readonly string[],
  of: readonly string[] = Object.keys(program.outputs),
): Program {
  return extendProgram(program, `${program.name}:gradients`, (t, { inputs, outputs }) => {
    const values = of.map((name) => partOf(outputs, "output", name));
    const variables = wrt.map((name) => partOf(inputs, "input", name));
    const cotangents = values.map((value, i) => cotangentOf(t, of[i]!, value));
    const gradients = vjp(t, values, cotangents, variables).map((gradient, i) => inShapeOf(t, gradient, variables[i]!));
    return { ...outputs, ...Object.fromEntries(wrt.map((name, i) => [gradientNames.gradient(name), gradients[i]!])) };
  });
}

function cotangentOf(t: Vocabulary, output: string, { shape, instances, rows }: IrNode): IrNode {
  const name = gradientNames.cotangent(output);
  return t.input({ name, shape, dtype: "float", instances, rows, role: { is: "cotangent", of: output } });
}

/** A gradient that does not depend on what its input does is repeated. */
function inShapeOf(t: Vocabulary, gradient: IrNode | undefined, variable: IrNode): IrNode {
  return t.spread(t.expand(gradient ?? t.zeros(variable.shape), variable.shape), variable);
}
