import type { Graph, GraphNode, HostTensor } from "@lirpa/core";
import { writeModel } from "@lirpa/onnx";
import { isConv, LAYERS, WINDOW, type Parameters } from "./network.js";

/** The classifier as an ONNX model: standard operators of opset 17, any number of images at once. */
export function toOnnx(parameters: Parameters<HostTensor>): Uint8Array {
  const graph: Graph = {
    name: "mnist",
    inputs: [{ name: "image", shape: ["batch", 1, 28, 28], dtype: "float" }],
    outputs: ["logits"],
    initializers: new Map(Object.entries(parameters).map(([name, value]) => [name, asStored(name, value)])),
    nodes: nodes(),
    opsets: new Map([["", 17]]),
    elementTypes: new Map([["logits", "FLOAT"]]),
  };
  return writeModel(graph);
}

/** A bias is a vector in ONNX. */
function asStored(name: string, value: HostTensor): HostTensor {
  return name.endsWith(".bias") ? { ...value, shape: [value.shape[0]!] } : value;
}

function nodes(): GraphNode[] {
  const result: GraphNode[] = [];
  const layers = Object.entries(LAYERS);
  let value = "image";
  const add = (type: string, output: string, more: Partial<GraphNode> = {}): void => {
    const inputs = [value, ...(more.inputs ?? [])];
    result.push({ name: output, type, domain: "", outputs: [output], attributes: {}, ...more, inputs });
    value = output;
  };
  for (const [i, [layer, shape]] of layers.entries()) {
    const [before, last] = [layers[i - 1], i === layers.length - 1];
    if (before !== undefined && isConv(before[1]) && !isConv(shape)) add("Flatten", "flat");
    const inputs = [`${layer}.weight`, `${layer}.bias`];
    if (isConv(shape)) add("Conv", layer, { inputs, ...window(shape.slice(2)) });
    else add("Gemm", last ? "logits" : layer, { inputs });
    if (!last) add("Relu", `${layer}.relu`);
  }
  return result;
}

function window(kernel: readonly number[]): Pick<GraphNode, "attributes" | "attributeTypes"> {
  return {
    attributes: { kernel_shape: kernel, strides: WINDOW.strides, pads: WINDOW.pads },
    attributeTypes: { kernel_shape: "INTS", strides: "INTS", pads: "INTS" },
  };
}
