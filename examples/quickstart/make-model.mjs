// Writes model.onnx: two inputs, three ReLUs, two outputs. Usage: node examples/quickstart/make-model.mjs
import { writeFile } from "node:fs/promises";
import onnxProto from "onnx-proto";

const { onnx } = onnxProto;
const FLOAT = 1;

const value = (name, width) =>
  onnx.ValueInfoProto.create({
    name,
    type: { tensorType: { elemType: FLOAT, shape: { dim: [{ dimParam: "batch" }, { dimValue: width }] } } },
  });
const tensor = (name, dims, floatData) => onnx.TensorProto.create({ name, dataType: FLOAT, dims, floatData });
const node = (name, opType, input, output) => onnx.NodeProto.create({ name, opType, input, output: [output] });

const graph = onnx.GraphProto.create({
  name: "quickstart",
  input: [value("x", 2)],
  output: [value("y", 2)],
  initializer: [
    tensor("hidden.weight", [2, 3], [1, 0.5, -1, -1, 1, 0.5]),
    tensor("hidden.bias", [3], [0, 0.1, 0.2]),
    tensor("out.weight", [3, 2], [1, -1, -2, 2, 0.5, 0.5]),
    tensor("out.bias", [2], [0, 0.15]),
  ],
  node: [
    node("hidden", "Gemm", ["x", "hidden.weight", "hidden.bias"], "h"),
    node("relu", "Relu", ["h"], "r"),
    node("out", "Gemm", ["r", "out.weight", "out.bias"], "y"),
  ],
});
const opsetImport = [onnx.OperatorSetIdProto.create({ domain: "", version: 17 })];
const model = onnx.ModelProto.create({ irVersion: 8, producerName: "lirpa", opsetImport, graph });
await writeFile(new URL("model.onnx", import.meta.url), onnx.ModelProto.encode(model).finish());
