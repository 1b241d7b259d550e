import type { HostTensor } from "@lirpa/core";
import onnxProto from "onnx-proto";
import { isConv, LAYERS, WINDOW, type Parameters } from "./network.js";

const { onnx } = onnxProto;
const FLOAT = 1;
const { strides, pads } = WINDOW;

type Node = InstanceType<typeof onnx.NodeProto>;

/** The classifier as an ONNX model: standard operators of opset 17, any number of images at once. */
export function toOnnx(parameters: Parameters<HostTensor>): Uint8Array {
  const graph = onnx.GraphProto.create({
    name: "mnist",
    node: nodes(),
    input: [valueInfo("image", ["batch", 1, 28, 28])],
    output: [valueInfo("logits", ["batch", 10])],
    initializer: Object.entries(parameters).map(([name, { shape, data }]) => {
      const dims = name.endsWith(".bias") ? [shape[0]!] : [...shape];
      return onnx.TensorProto.create({ name, dataType: FLOAT, dims, rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) });
    }),
  });
  const opsetImport = [onnx.OperatorSetIdProto.create({ domain: "", version: 17 })];
  return onnx.ModelProto.encode(onnx.ModelProto.create({ irVersion: 8, producerName: "@lirpa/demo", opsetImport, graph })).finish();
}

function nodes(): Node[] {
  const result: Node[] = [];
  const layers = Object.entries(LAYERS);
  let value = "image";
  const add = (type: string, output: string, parameters: readonly string[] = [], attributes: Readonly<Record<string, readonly number[]>> = {}): void => {
    const attribute = Object.entries(attributes).map(([name, ints]) => onnx.AttributeProto.create({ name, type: onnx.AttributeProto.AttributeType.INTS, ints: [...ints] }));
    result.push(onnx.NodeProto.create({ name: output, opType: type, input: [value, ...parameters], output: [output], attribute }));
    value = output;
  };
  for (const [i, [layer, shape]] of layers.entries()) {
    const [before, last] = [layers[i - 1], i === layers.length - 1];
    if (before !== undefined && isConv(before[1]) && !isConv(shape)) add("Flatten", "flat");
    const parameters = [`${layer}.weight`, `${layer}.bias`];
    if (isConv(shape)) add("Conv", layer, parameters, { kernel_shape: shape.slice(2), strides, pads });
    else add("Gemm", last ? "logits" : layer, parameters);
    if (!last) add("Relu", `${layer}.relu`);
  }
  return result;
}

function valueInfo(name: string, dims: readonly (number | string)[]): InstanceType<typeof onnx.ValueInfoProto> {
  const dim = dims.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size }));
  return onnx.ValueInfoProto.create({ name, type: { tensorType: { elemType: FLOAT, shape: { dim } } } });
}
