import { readFile, writeFile } from "node:fs/promises";
import onnxProto, { type onnx } from "onnx-proto";

const { ModelProto } = onnxProto.onnx;

/**
 * Writes a copy of a model whose layers have random weights and biases: uniform in ±1/√n, where n numbers meet in one
 * output of the layer. So networks start out in PyTorch.
 */
export async function withRandomWeights(from: string, to: string, random: () => number): Promise<void> {
  const model = ModelProto.decode(new Uint8Array(await readFile(from)));
  const graph = model.graph as onnx.GraphProto;
  const initializers = new Map((graph.initializer as onnx.TensorProto[]).map((tensor) => [tensor.name, tensor]));
  for (const { input } of (graph.node as onnx.NodeProto[]).filter(
    ({ opType }) => opType === "Conv" || opType === "Gemm",
  )) {
    const tensors = input.slice(1).map((name) => initializers.get(name)!);
    const meet = sizeOf(tensors[0]!) / Number(tensors[0]!.dims[0]);
    for (const tensor of tensors) fill(tensor, () => (2 * random() - 1) / Math.sqrt(meet));
  }
  await writeFile(to, ModelProto.encode(model).finish());
}

function fill(tensor: onnx.TensorProto, next: () => number): void {
  const data = Float32Array.from({ length: sizeOf(tensor) }, next);
  tensor.rawData = new Uint8Array(data.buffer);
  tensor.floatData = [];
}

function sizeOf({ dims }: onnx.TensorProto): number {
  return dims.reduce<number>((product, size) => product * Number(size), 1);
}
