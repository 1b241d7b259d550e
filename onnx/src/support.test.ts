import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isLirpaError, type Graph, type LirpaError } from "@lirpa/core";
import { expect } from "chai";
import onnxProto, { type onnx } from "onnx-proto";
import { readModel, type ReadModelOptions } from "./index.js";

/** What the tests of this package share: a writer of small models, and what holds of every graph that was read. */

const { ModelProto, TensorProto, AttributeProto } = onnxProto.onnx;
export const DataType: typeof onnx.TensorProto.DataType = TensorProto.DataType;
export const AttributeType: typeof onnx.AttributeProto.AttributeType = AttributeProto.AttributeType;

/** x [batch, 2] → Relu → y, changed as a test wishes. */
export function write(graph: onnx.IGraphProto = {}, model: onnx.IModelProto = {}): Uint8Array {
  return ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ domain: "", version: 13 }],
    graph: {
      name: "small",
      input: [valueInfo("x", [{ dimParam: "batch" }, { dimValue: 2 }])],
      output: [valueInfo("y", [])],
      node: [{ name: "act", opType: "Relu", input: ["x"], output: ["y"] }],
      ...graph,
    },
    ...model,
  }).finish();
}

export function valueInfo(
  name: string,
  dim: onnx.TensorShapeProto.IDimension[],
  elemType: number = DataType.FLOAT,
): onnx.IValueInfoProto {
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

export function floats(name: string, dims: number[], values: readonly number[]): onnx.ITensorProto {
  return { name, dims, dataType: DataType.FLOAT, rawData: rawBytes(Float32Array.from(values)) };
}

export function rawBytes(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** The model y = Constant() whose node has the given attribute. */
export function constant(attribute: onnx.IAttributeProto, external?: ReadModelOptions): Promise<Graph> {
  return readModel(
    write({ node: [{ name: "c", opType: "Constant", output: ["y"], attribute: [attribute] }] }),
    external,
  );
}

/** The error that a promise must end in. */
export async function failure(promise: Promise<unknown>): Promise<LirpaError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (isLirpaError(error)) return error;
  throw new Error(`a LirpaError was expected, but this came: ${String(error)}`, { cause: error });
}

/** The message of a `LIRPA_MODEL` error. */
export async function complaint(promise: Promise<unknown>): Promise<string> {
  const error = await failure(promise);
  expect(error.code).to.equal("LIRPA_MODEL");
  return error.message;
}

/** Everything that the rest of lirpa takes for granted. */
export function expectValid(graph: Graph): void {
  const known = new Set([...graph.initializers.keys(), ...graph.inputs.map(({ name }) => name)]);
  expect(known.size, "inputs and initializers have different names").to.equal(
    graph.initializers.size + graph.inputs.length,
  );
  for (const { shape } of graph.inputs) {
    for (const size of shape)
      expect(typeof size === "string" ? size !== "" : Number.isSafeInteger(size) && size > 0).to.equal(true);
  }
  for (const { shape, data } of graph.initializers.values()) {
    expect(data.length).to.equal(shape.reduce((product, size) => product * size, 1));
    expect(data.every(Number.isFinite)).to.equal(true);
  }
  expect(new Set(graph.nodes.map(({ name }) => name)).size, "names of nodes").to.equal(graph.nodes.length);
  for (const node of graph.nodes) {
    for (const input of node.inputs)
      expect(input === "" || known.has(input), `${node.name} reads ${input}`).to.equal(true);
    for (const output of node.outputs) {
      if (output === "") continue;
      expect(known.has(output), `${output} is made once`).to.equal(false);
      known.add(output);
    }
    expect(graph.opsets.has(node.domain)).to.equal(true);
    expect(node.type).to.not.equal("");
  }
  expect(graph.outputs).to.not.have.length(0);
  for (const output of graph.outputs) expect(known.has(output), `output ${output}`).to.equal(true);
}

/** The folder of shared reference data, or undefined on machines without it. */
export function sharedFolder(): string | undefined {
  const beside = fileURLToPath(new URL("../../../shared", import.meta.url));
  const folder = resolve(process.env["LIRPA_SHARED"] ?? beside);
  return existsSync(folder) ? folder : undefined;
}

export const withoutShared = "the shared folder is not here; set LIRPA_SHARED to run this test";
