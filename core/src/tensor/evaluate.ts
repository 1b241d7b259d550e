import { LirpaError } from "../plugin/errors.js";
import type { HostTensor } from "../plugin/tensor.js";
import type { Evaluated, IrNode } from "./ir.js";
import { topological } from "./order.js";
import { inputOf } from "./primitives/leaves.js";
import { sizeOf } from "./shapes.js";

/** The value of one node without hidden axes, from the host values of its inputs. */
export function evaluateNode(node: IrNode, inputs: readonly HostTensor[]): Evaluated {
  const data = node.primitive.evaluate!(inputs, node.attributes as never, node);
  return { instances: 1, rows: 1, data };
}

/**
 * Evaluates nodes in float64 by the primitives' own definitions, each instance and row by itself where they do nothing
 * to these axes. Arrays of the inputs have the physical shape `[instances or 1, rows or 1, ...shape]`. No speed asked:
 * this is the judge.
 */
export function evaluate(outputs: readonly IrNode[], inputs: Readonly<Record<string, HostTensor>>): HostTensor[] {
  const values = new Map<IrNode, Evaluated>();
  for (const node of topological(outputs)) values.set(node, valueOf(node, values, inputs));
  return outputs.map((output) => {
    const { instances, rows, data } = values.get(output)!;
    return { shape: [instances, rows, ...output.shape], dtype: output.dtype, data };
  });
}

function valueOf(
  node: IrNode,
  values: ReadonlyMap<IrNode, Evaluated>,
  feeds: Readonly<Record<string, HostTensor>>,
): Evaluated {
  const input = inputOf(node);
  if (input !== undefined) return fed(input.name, node, feeds);
  const inputs = node.inputs.map((operand) => values.get(operand)!);
  return node.primitive.evaluateHidden?.(node, inputs) ?? eachSlice(node, inputs);
}

function fed(name: string, { shape }: IrNode, feeds: Readonly<Record<string, HostTensor>>): Evaluated {
  const value = feeds[name];
  if (value === undefined) throw new LirpaError("LIRPA_EXECUTOR", `the program's input ${name} was not fed`);
  const [instances = 1, rows = 1] = value.shape;
  if (value.data.length !== instances * rows * sizeOf(shape)) {
    const given = `${value.data.length} numbers of the shape [${value.shape.join(", ")}]`;
    throw new LirpaError("LIRPA_EXECUTOR", `the program's input ${name} was fed ${given}`, {
      hint: `It takes [instances, rows${shape.map((size) => `, ${size}`).join("")}].`,
    });
  }
  return { instances, rows, data: value.data };
}

function eachSlice(node: IrNode, inputs: readonly Evaluated[]): Evaluated {
  const instances = Math.max(1, ...inputs.map((input) => input.instances));
  const rows = Math.max(1, ...inputs.map((input) => input.rows));
  const size = sizeOf(node.shape);
  const data = new Float64Array(instances * rows * size);
  for (let n = 0; n < instances; n++) {
    for (let k = 0; k < rows; k++) {
      const slices = inputs.map((input, i) => slice(node.inputs[i]!, input, n, k));
      data.set(node.primitive.evaluate!(slices, node.attributes as never, node), (n * rows + k) * size);
    }
  }
  return { instances, rows, data };
}

function slice(node: IrNode, { instances, rows, data }: Evaluated, n: number, k: number): HostTensor {
  const size = sizeOf(node.shape);
  const at = ((instances === 1 ? 0 : n) * rows + (rows === 1 ? 0 : k)) * size;
  return { shape: node.shape, dtype: node.dtype, data: data.subarray(at, at + size) };
}
