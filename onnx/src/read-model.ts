import { checkOptions, type Graph } from "@lirpa/core";
import type { HostTensor } from "@lirpa/core/plugin";
import type { onnx } from "onnx-proto";
import { decodeModel } from "./decode.js";
import { modelError } from "./errors.js";
import { elementType, ownElementType } from "./element-types.js";
import { readExternalFiles, type ExternalFiles, type ReadExternal } from "./external-data.js";
import { refuseNaN } from "./finite.js";
import { readInputs } from "./inputs.js";
import { readNodes } from "./nodes.js";
import { readOpsets } from "./opsets.js";
import { sortNodes } from "./sort-nodes.js";
import { readTensor } from "./tensor-proto.js";

/** What the bytes of a model do not say. */
export interface ReadModelOptions {
  /** Delivers files with weights that lie beside the model. This package knows no file system. */
  readonly readExternal?: ReadExternal;
  /** What to call the model, such as its file name; by default the name of its graph. */
  readonly name?: string;
}

/** Reads an ONNX file. Whatever is wrong with it is a `LirpaError`. */
export async function readModel(bytes: Uint8Array, options: ReadModelOptions = {}): Promise<Graph> {
  checkOptions(options, ["readExternal", "name"], "readModel");
  const { model, graph } = decodeModel(bytes, options.name ?? "this");
  const opsets = readOpsets(model);
  const files = await readExternalFiles(graph, options.readExternal);
  const initializers = readInitializers(graph, files);
  const inputs = readInputs(graph, initializers);
  const given = new Set(initializers.keys());
  for (const { name } of inputs) {
    if (given.has(name)) throw modelError(`the model has two inputs "${name}"`);
    given.add(name);
  }
  const nodes = sortNodes(readNodes(graph, opsets, files), given);
  const values = new Set([...given, ...nodes.flatMap((node) => node.outputs)]);
  const outputs = readOutputs(graph, values);
  const name = options.name ?? (graph.name || "model");
  return { name, inputs, outputs, initializers, nodes, opsets, elementTypes: readElementTypes(graph) };
}

/** What dtypes do not say: the types of outputs, and those of inputs and initializers that share their dtype. */
function readElementTypes(graph: onnx.GraphProto): ReadonlyMap<string, string> {
  const ofValue = ({ name, type }: onnx.ValueInfoProto): [string, number] => [name, type?.tensorType?.elemType ?? 0];
  const given = [
    ...(graph.input as onnx.ValueInfoProto[]).map(ofValue),
    ...(graph.initializer as onnx.TensorProto[]).map(({ name, dataType }): [string, number] => [name, dataType]),
  ];
  const own = given.flatMap(([name, type]): [string, string][] => {
    const found = ownElementType(type);
    return found === undefined ? [] : [[name, found]];
  });
  const outputs = (graph.output as onnx.ValueInfoProto[]).map(ofValue).flatMap(([name, type]): [string, string][] => {
    const found = elementType(type);
    return found === undefined ? [] : [[name, found.name]];
  });
  return new Map([...outputs, ...own]);
}

function readInitializers(graph: onnx.GraphProto, files: ExternalFiles): ReadonlyMap<string, HostTensor> {
  const initializers = new Map<string, HostTensor>();
  for (const proto of graph.initializer as onnx.TensorProto[]) {
    const what = `the initializer "${proto.name}"`;
    if (proto.name === "") throw modelError("an initializer has no name");
    if (initializers.has(proto.name)) throw modelError(`the model has ${what} twice`);
    const tensor = readTensor(proto, what, files);
    if (tensor.dtype === "float") refuseNaN(tensor.data, what);
    initializers.set(proto.name, tensor);
  }
  return initializers;
}

function readOutputs(graph: onnx.GraphProto, values: ReadonlySet<string>): readonly string[] {
  const outputs = graph.output.map(({ name }) => name ?? "");
  if (outputs.length === 0) throw modelError("the model has no outputs");
  for (const [i, name] of outputs.entries()) {
    if (name === "") throw modelError("an output of the model has no name");
    if (!values.has(name))
      throw modelError(`the output "${name}" of the model is made by no node`, { details: { value: name } });
    if (outputs.indexOf(name) !== i) throw modelError(`the model has the output "${name}" twice`);
  }
  return outputs;
}
