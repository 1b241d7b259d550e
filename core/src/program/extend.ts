import { LirpaError } from "../plugin/errors.js";
import type { Program } from "../plugin/program.js";
import type { IrNode } from "../tensor/ir.js";
import { topological } from "../tensor/order.js";
import { inputOf } from "../tensor/primitives/leaves.js";
import { Vocabulary } from "../tensor/vocabulary.js";
import { makeProgram, nodesOf } from "./program.js";

/** What a program is made of, to go on from: nodes by the names that it feeds and gives them by. */
export interface ProgramParts {
  readonly inputs: Readonly<Record<string, IrNode>>;
  readonly outputs: Readonly<Record<string, IrNode>>;
}

/**
 * A program that goes on where another one ends: a loss of its bounds, their gradients, an optimizer's step. `by`
 * records what comes behind and returns all outputs of the new program, those of the old one among them where they are
 * wanted. Nodes of any other program may be used as well: inputs of one name and role are one input. The program itself
 * stays as it is. Throws `LIRPA_SHAPE` where two inputs have one name, but are not the same.
 */
export function extendProgram(
  program: Program,
  name: string,
  by: (t: Vocabulary, parts: ProgramParts) => Readonly<Record<string, IrNode>>,
): Program {
  return makeProgram(name, by(new Vocabulary(), partsOf(program)));
}

/** A program's nodes by name. */
export function partsOf(program: Program): ProgramParts {
  const outputs = nodesOf(program);
  const inputs = Object.fromEntries(
    topological(Object.values(outputs)).flatMap((node): [string, IrNode][] => {
      const input = inputOf(node);
      return input === undefined ? [] : [[input.name, node]];
    }),
  );
  return { inputs: Object.freeze(inputs), outputs: Object.freeze(outputs) };
}

/** The part of a name. Throws `LIRPA_OPTION`, with the names that there are, for another one. */
export function partOf(parts: Readonly<Record<string, IrNode>>, what: "input" | "output", name: string): IrNode {
  const node = Object.hasOwn(parts, name) ? parts[name] : undefined;
  if (node !== undefined) return node;
  throw new LirpaError("LIRPA_OPTION", `the program has no ${what} ${name}`, {
    hint: `It has ${Object.keys(parts).join(", ")}.`,
  });
}
