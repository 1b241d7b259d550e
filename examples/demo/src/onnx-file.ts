import type { HostTensor } from "@lirpa/core";
import onnxProto from "onnx-proto";
import { isConv, LAYERS, WINDOW, type Parameters } from "./network.js";

const { onnx } = onnxProto;
const { AttributeType } = onnx.AttributeProto;
const FLOAT = 1;

/** The classifier as an ONNX model of standard operators: opset 17, any number of images at once. */
export function toOnnx(parameters: Parameters<HostTensor>): Uint8Array {
  const nodes: InstanceType<typeof onnx.NodeProto>[] = [];
  const add = (type: string, name: string, inputs: readonly string[], attributes: Readonly<Record<string, readonly number[]>> = {}): string => {
    const attribute = Object.entries(attributes).map(([key, ints]) => onnx.AttributeProto.create({ name: key, type: AttributeType.INTS, ints: [...ints] }));
    nodes.push(onnx.NodeProto.create({ opType: type, name, input: [...inputs], output: [name], attribute }));
    return name;
  };
  const { strides, pads } = WINDOW;
  let value = "image";
  let flat = false;
  const layers = Object.entries(LAYERS);
  for (const [i, [layer, shape]] of layers.entries()) {
    const last = i === layers.length - 1;
    if (!isConv(shape) && !flat) {
      value = add("Flatten", "flat", [value]);
      flat = true;
    }
    const inputs = [value, `${layer}.weight`, `${layer}.bias`];
    value = isConv(shape) ? add("Conv", layer, inputs, { kernel_shape: shape.slice(2), strides, pads }) : add("Gemm", last ? "logits" : layer, inputs);
    if (!last) value = add("Relu", `${layer}.relu`, [value]);
  }
  const graph = onnx.GraphProto.create({
    name: "mnist",
    node: nodes,
    input: [info("image", ["batch", 1, 28, 28])],
    output: [info("logits", ["batch", 10])],
    initializer: Object.entries(parameters).map(([name, { shape, data }]) => {
      const dims = name.endsWith(".bias") ? [shape[0]!] : [...shape];
      return onnx.TensorProto.create({ name, dataType: FLOAT, dims, rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) });
    }),
  });
  return onnx.ModelProto.encode(onnx.ModelProto.create({ irVersion: 8, producerName: "@lirpa/demo", opsetImport: [{ domain: "", version: 17 }], graph })).finish();
}

function info(name: string, dims: readonly (number | string)[]): InstanceType<typeof onnx.ValueInfoProto> {
  const dim = dims.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size }));
  return onnx.ValueInfoProto.create({ name, type: { tensorType: { elemType: FLOAT, shape: { dim } } } });
}
