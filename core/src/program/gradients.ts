import { LirpaError } from "../plugin/errors.js";
import type { Program } from "../plugin/program.js";
import { topological } from "../tensor/evaluate.js";
import { vjp } from "../tensor/gradient.js";
import type { IrNode } from "../tensor/ir.js";
import type { InputAttributes } from "../tensor/primitives/leaves.js";
import { Vocabulary } from "../tensor/vocabulary.js";
import { makeProgram, nodesOf } from "./program.js";

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
export function valueAndGradients(program: Program, wrt: readonly string[], of: readonly string[] = Object.keys(program.outputs)): Program {
  const outputs = nodesOf(program);
  const inputs = new Map(topological(Object.values(outputs)).filter(({ primitive }) => primitive.name === "input").map((node) => [(node.attributes as InputAttributes).name, node]));
  const t = new Vocabulary();
  const values = of.map((name) => found(outputs[name], "output", name, Object.keys(outputs)));
  const variables = wrt.map((name) => found(inputs.get(name), "input", name, [...inputs.keys()]));
  const cotangents = values.map(({ shape, instances, rows }, i) => {
    const [name, role] = [gradientNames.cotangent(of[i]!), { is: "cotangent", of: of[i]! } as const];
    return t.input({ name, shape, dtype: "float", instances, rows, role });
  });
  const gradients = vjp(t, values, cotangents, variables).map((gradient, i) => inShapeOf(t, gradient, variables[i]!));
  return makeProgram(`${program.name}:gradients`, { ...outputs, ...Object.fromEntries(wrt.map((name, i) => [gradientNames.gradient(name), gradients[i]!])) });
}

/** A gradient that does not depend on what its input does is repeated. */
function inShapeOf(t: Vocabulary, gradient: IrNode | undefined, variable: IrNode): IrNode {
  return t.spread(t.expand(gradient ?? t.zeros(variable.shape), variable.shape), variable);
}

function found(node: IrNode | undefined, what: string, name: string, known: readonly string[]): IrNode {
  if (node !== undefined) return node;
  throw new LirpaError("LIRPA_OPTION", `the program has no ${what} ${name}`, { hint: `It has ${known.join(", ")}.` });
}
