import { LirpaError, shapeError } from "../plugin/errors.js";
import type { HostTensor } from "../plugin/tensor.js";
import type { Port, Program } from "../plugin/program.js";
import { evaluate } from "../tensor/evaluate.js";
import { isIrNode, type IrNode } from "../tensor/ir.js";
import { topological } from "../tensor/order.js";
import { inputOf, OWN } from "../tensor/primitives/leaves.js";
import { Emitter } from "./emitter.js";
import { interfaceMetadata } from "./saved.js";

/**
 * Closes a recording, or several that their nodes join: the program's inputs are those that its outputs reach. Throws
 * `LIRPA_SHAPE` where two inputs have one name, and so would be fed one array, but differ otherwise.
 */
export function makeProgram(name: string, outputs: Readonly<Record<string, IrNode>>): Program {
  const inputs = topological(Object.values(outputs)).flatMap((node): Port[] => {
    const input = inputOf(node);
    if (input === undefined) return [];
    const { rows, role = OWN, ...rest } = input;
    return [Object.freeze({ ...rest, rows: rows !== undefined, role })];
  });
  const names = new Set<string>();
  for (const input of inputs) {
    if (names.has(input.name)) {
      const differ = "differ in shape, type, instances, rows or role";
      throw shapeError(`two inputs of the program ${name} are called ${input.name}, and ${differ}`, {
        hint: "Record one of them by another name.",
      });
    }
    names.add(input.name);
  }
  watcher()?.(Object.values(outputs));
  return Object.freeze({ $$type: "lirpa.program", name, inputs, outputs: Object.freeze({ ...outputs }) });
}

type Watcher = (outputs: readonly IrNode[]) => void;

/** Whoever looks at all programs of this process before they are used: lirpa's own tests verify them. */
function watcher(): Watcher | undefined {
  return (globalThis as { [key: symbol]: Watcher | undefined })[Symbol.for("lirpa.watch")];
}

/**
 * The program as one ONNX model: opset 17, self-contained. Runs in any ONNX runtime. The file says what it takes and
 * gives (`readProgram`), and whatever else the caller wants it to.
 */
export function emitOnnx(program: Program, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const outputs = nodesOf(program);
  return new Emitter(program.name).emit(outputs, { ...metadata, ...interfaceMetadata(program, outputs) });
}

/** The program's outputs in float64, by the primitives' definitions. */
export function evaluateProgram(
  program: Program,
  inputs: Readonly<Record<string, HostTensor>>,
): Record<string, HostTensor> {
  const nodes = nodesOf(program);
  const values = evaluate(Object.values(nodes), inputs);
  return Object.fromEntries(Object.keys(nodes).map((name, i) => [name, values[i]!]));
}

/** How many nodes of the IR the program has: about the number of its ONNX nodes. */
export function sizeOfProgram(program: Program): number {
  return topological(Object.values(nodesOf(program))).length;
}

/** The outputs as nodes of the IR. */
export function nodesOf(program: Program): Record<string, IrNode> {
  const entries = Object.entries(program.outputs).map(([name, tensor]) => {
    if (!isIrNode(tensor)) {
      throw new LirpaError("LIRPA_EXECUTOR", `the output ${name} of program ${program.name} was not recorded`);
    }
    return [name, tensor] as const;
  });
  return Object.fromEntries(entries);
}
