import { LirpaError, type Graph, type GraphNode } from "@lirpa/core";
import onnxProto, { type onnx } from "onnx-proto";
import { elementTypeNamed, STANDARD_TYPES } from "./element-types.js";
import { graphError, nodeLabel } from "./errors.js";
import { writeAttributes } from "./write-attributes.js";
import { tensorBytes, writeTensor } from "./write-tensor.js";

/** The oldest file format that carries an opset; older ones than 8 list initializers among the inputs. */
const IR_VERSIONS: readonly (readonly [opset: number, irVersion: number])[] = [
  [23, 11],
  [21, 10],
  [19, 9],
  [0, 8],
];
/** What protocol buffers encode at most, less what nodes take. */
const MOST_BYTES = 2 ** 31 - 2 ** 26;

/**
 * Writes a graph as an ONNX model; `readModel` reads the same graph from it. Attributes and elements are of the types
 * that the graph gives (`attributeTypes`, `elementTypes`). An integer whose attribute is of no stated type is refused,
 * since ONNX tells INT from FLOAT; elements are FLOAT, INT64 or BOOL, and outputs of no type, where none is stated.
 * Throws `LIRPA_GRAPH` for what has no place in an ONNX file, and `LIRPA_MEMORY` beyond the 2 GiB that a file holds.
 */
export function writeModel(graph: Graph): Uint8Array {
  demandGraph(graph);
  const { ModelProto } = onnxProto.onnx;
  const opset = graph.opsets.get("") ?? 0;
  return ModelProto.encode({
    irVersion: IR_VERSIONS.find(([least]) => opset >= least)![1],
    producerName: "lirpa",
    opsetImport: [...graph.opsets].map(([domain, version]) => ({ domain, version })),
    graph: {
      name: graph.name,
      node: graph.nodes.map((node) => writeNode(node, graph)),
      input: graph.inputs.map((input) => writeInput(input, graph.elementTypes?.get(input.name))),
      output: graph.outputs.map((name) => writeOutput(name, graph)),
      initializer: writeInitializers(graph),
    },
  }).finish();
}

function demandGraph(graph: Graph): void {
  const lists = typeof graph === "object" && graph !== null ? [graph.inputs, graph.nodes, graph.outputs] : [undefined];
  const maps = [graph?.initializers, graph?.opsets];
  if (lists.every(Array.isArray) && maps.every((map) => map instanceof Map)) return;
  throw graphError("what was given is no graph: it needs inputs, nodes, outputs, initializers and opsets");
}

function writeNode(node: GraphNode, { opsets }: Graph): onnx.INodeProto {
  const { name, type, domain, inputs, outputs } = node;
  const label = nodeLabel(name, type);
  if (!opsets.has(domain)) {
    const problem = `${label} is of the domain "${domain || "ai.onnx"}", of which the graph gives no opset`;
    throw graphError(problem, { details: { node: name } });
  }
  const attribute = writeAttributes(node, label);
  return { name, opType: type, domain, input: [...inputs], output: [...outputs], attribute };
}

function writeInput({ name, shape, dtype }: Graph["inputs"][number], stated: string | undefined): onnx.IValueInfoProto {
  const dim = shape.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size }));
  const elemType = numberOf(stated ?? STANDARD_TYPES[dtype], `the input "${name}"`);
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

/** Its shape follows from the nodes, and so does its type where the graph says none. */
function writeOutput(name: string, { elementTypes, inputs, initializers }: Graph): onnx.IValueInfoProto {
  const dtype = inputs.find((input) => input.name === name)?.dtype ?? initializers.get(name)?.dtype;
  const stated = elementTypes?.get(name) ?? (dtype && STANDARD_TYPES[dtype]);
  if (stated === undefined) return { name };
  return { name, type: { tensorType: { elemType: numberOf(stated, `the output "${name}"`) } } };
}

function numberOf(type: string, what: string): number {
  const found = elementTypeNamed(type);
  if (found === undefined) throw graphError(`${what} has the element type ${type}, which is not written`);
  return found[1];
}

function writeInitializers({ name: graph, initializers, elementTypes }: Graph): onnx.ITensorProto[] {
  let bytes = 0;
  for (const [name, tensor] of initializers) bytes += tensorBytes(tensor, elementTypes?.get(name));
  if (bytes > MOST_BYTES) {
    const problem = `the initializers of ${graph} take ${Math.ceil(bytes / 2 ** 20)} MiB; a file holds 2 GiB`;
    throw new LirpaError("LIRPA_MEMORY", problem);
  }
  return [...initializers].map(([name, tensor]) =>
    writeTensor(name, tensor, elementTypes?.get(name), `the initializer "${name}"`),
  );
}
