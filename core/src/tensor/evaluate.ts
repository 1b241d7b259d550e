import { LirpaError } from "../plugin/errors.js";
import type { HostTensor } from "../plugin/tensor.js";
import type { IrNode, RowSpace } from "./ir.js";
import type { InputAttributes } from "./primitives/leaves.js";
import { sizeOf } from "./shapes.js";

/** A value with its hidden axes in front: `[instances, rows, ...shape]`, both 1 where the node has none. */
export interface Evaluated {
  readonly instances: number;
  readonly rows: number;
  readonly data: Float64Array | Float32Array;
}

/** The value of one node without hidden axes, from the host values of its inputs. */
export function evaluateNode(node: IrNode, inputs: readonly HostTensor[]): Evaluated {
  const data = node.primitive.evaluate!(inputs, node.attributes as never, node);
  return { instances: 1, rows: 1, data };
}

/**
 * Evaluates nodes in float64 by the primitives' own definitions, each instance and row by itself. Arrays of the inputs
 * have the physical shape `[instances or 1, rows or 1, ...shape]`. No speed asked: this is the judge.
 */
export function evaluate(outputs: readonly IrNode[], inputs: Readonly<Record<string, HostTensor>>): HostTensor[] {
  const values = new Map<IrNode, Evaluated>();
  for (const node of topological(outputs)) values.set(node, valueOf(node, values, inputs));
  return outputs.map((output) => {
    const { instances, rows, data } = values.get(output)!;
    return { shape: [instances, rows, ...output.shape], dtype: output.dtype, data };
  });
}

function valueOf(node: IrNode, values: ReadonlyMap<IrNode, Evaluated>, feeds: Readonly<Record<string, HostTensor>>): Evaluated {
  const inputs = node.inputs.map((input) => values.get(input)!);
  switch (node.primitive.name) {
    case "input":
      return fed(node, feeds);
    case "eye": {
      const size = sizeOf(node.shape);
      const data = new Float64Array(size * size);
      for (let i = 0; i < size; i++) data[i * size + i] = 1;
      return { instances: 1, rows: size, data };
    }
    case "rowsToShape":
      return { ...inputs[0]!, rows: 1 };
    case "shapeToRows":
      return { ...inputs[0]!, rows: node.rows!.size! };
    case "rowsWhere": {
      const places = Array.from(inputs[0]!.data).flatMap((holds, i) => (holds === 0 ? [] : [i]));
      return { instances: 1, rows: places.length, data: Float64Array.from(places) };
    }
    case "placeRows":
      return placed(node, inputs[0]!, inputs[1]!, inputs[2]!);
    case "sumHidden":
      return summed(node, inputs[0]!);
    default:
      return eachSlice(node, inputs);
  }
}

function fed(node: IrNode, feeds: Readonly<Record<string, HostTensor>>): Evaluated {
  const { name } = node.attributes as InputAttributes;
  const value = feeds[name];
  if (value === undefined) throw new LirpaError("LIRPA_EXECUTOR", `the program's input ${name} was not fed`);
  const [instances = 1, rows = 1] = value.shape;
  if (value.data.length !== instances * rows * sizeOf(node.shape)) {
    const given = `${value.data.length} numbers of the shape [${value.shape.join(", ")}]`;
    throw new LirpaError("LIRPA_EXECUTOR", `the program's input ${name} was fed ${given}`, {
      hint: `It takes [instances, rows${node.shape.map((size) => `, ${size}`).join("")}].`,
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

function placed(node: IrNode, base: Evaluated, values: Evaluated, index: Evaluated): Evaluated {
  const instances = Math.max(base.instances, values.instances);
  const size = sizeOf(node.shape);
  const data = new Float64Array(instances * size);
  for (let n = 0; n < instances; n++) {
    const from = base.instances === 1 ? 0 : n;
    data.set(base.data.subarray(from * size, (from + 1) * size), n * size);
    for (let row = 0; row < index.rows; row++) {
      const at = (values.instances === 1 ? 0 : n) * values.rows + (values.rows === 1 ? 0 : row);
      data[n * size + index.data[row]!] = values.data[at]!;
    }
  }
  return { instances, rows: 1, data };
}

function summed(node: IrNode, { instances, rows, data }: Evaluated): Evaluated {
  const outInstances = node.instances ? instances : 1;
  const outRows = node.rows === undefined ? 1 : rows;
  const size = sizeOf(node.shape);
  const sum = new Float64Array(outInstances * outRows * size);
  for (let n = 0; n < instances; n++) {
    for (let k = 0; k < rows; k++) {
      const to = ((outInstances === 1 ? 0 : n) * outRows + (outRows === 1 ? 0 : k)) * size;
      const from = (n * rows + k) * size;
      for (let i = 0; i < size; i++) sum[to + i]! += data[from + i]!;
    }
  }
  return { instances: outInstances, rows: outRows, data: sum };
}

/**
 * All nodes that the outputs need, inputs before users: depth first, and of several inputs or outputs the first one first,
 * or the last one.
 */
export function topological(outputs: readonly IrNode[], first: "first" | "last" = "first"): IrNode[] {
  const order: IrNode[] = [];
  const seen = new Set<IrNode>();
  const stack: { node: IrNode; next: number }[] = [];
  for (const output of first === "first" ? outputs : outputs.toReversed()) {
    if (seen.has(output)) continue;
    seen.add(output);
    stack.push({ node: output, next: 0 });
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const { inputs } = top.node;
      const input = inputs[first === "first" ? top.next : inputs.length - 1 - top.next];
      top.next++;
      if (input === undefined) {
        order.push(top.node);
        stack.pop();
      } else if (!seen.has(input)) {
        seen.add(input);
        stack.push({ node: input, next: 0 });
      }
    }
  }
  return order;
}

/** The row spaces that a set of nodes lives in. */
export function rowSpaces(nodes: readonly IrNode[]): Set<RowSpace> {
  return new Set(nodes.flatMap((node) => (node.rows === undefined ? [] : [node.rows])));
}
