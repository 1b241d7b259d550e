import type { Graph, HostTensor } from "lirpa";
import type { GraphNode } from "@lirpa/core";
import type { Shape } from "@lirpa/core/plugin";

/** Weights of the classifier's affine layers, with a ReLU between two of them. Four sizes are a convolution's. */
export const LAYERS: Readonly<Record<string, Shape>> = {
  conv1: [8, 1, 4, 4],
  conv2: [16, 8, 4, 4],
  dense1: [16 * 7 * 7, 64],
  dense2: [64, 10],
};

/** One tensor for each weight and each bias: `conv1.weight`, `conv1.bias`, … */
export type Parameters = Readonly<Record<string, HostTensor>>;

/** The shape of each parameter. */
export const PARAMETERS: Readonly<Record<string, Shape>> = Object.fromEntries(
  Object.entries(LAYERS).flatMap(([layer, shape]) => [
    [`${layer}.weight`, shape],
    [`${layer}.bias`, [isConv(shape) ? shape[0]! : shape[1]!]],
  ]),
);

export function isConv(weight: Shape): boolean {
  return weight.length === 4;
}

/** Normal weights of variance 2 / fan-in (He et al. 2015), biases of zero. */
export function initialParameters(random: () => number): Parameters {
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Object.fromEntries(
    Object.entries(PARAMETERS).map(([name, shape]) => {
      const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
      const deviation = Math.sqrt(2 / (isConv(shape) ? data.length / shape[0]! : shape[0]!));
      const drawn = name.endsWith(".weight") ? data.map(() => deviation * normal()) : data;
      return [name, { shape, dtype: "float", data: drawn }];
    }),
  );
}

/** The classifier: standard operators of opset 17, any number of images at once. */
export function network(parameters: Parameters): Graph {
  return {
    name: "mnist",
    inputs: [{ name: "image", shape: ["batch", 1, 28, 28], dtype: "float" }],
    outputs: ["logits"],
    initializers: new Map(Object.entries(parameters)),
    nodes: nodes(),
    opsets: new Map([["", 17]]),
    elementTypes: new Map([["logits", "FLOAT"]]),
  };
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
    const [before, isLast] = [layers[i - 1], i === layers.length - 1];
    if (before !== undefined && isConv(before[1]) && !isConv(shape)) add("Flatten", "flat");
    const inputs = [`${layer}.weight`, `${layer}.bias`];
    if (isConv(shape)) add("Conv", layer, { inputs, ...window(shape.slice(2)) });
    else add("Gemm", isLast ? "logits" : layer, { inputs });
    if (!isLast) add("Relu", `${layer}.relu`);
  }
  return result;
}

/** A convolution halves the image: 28, 14, 7 pixels. */
function window(kernel: Shape): Pick<GraphNode, "attributes" | "attributeTypes"> {
  return {
    attributes: { kernel_shape: kernel, strides: [2, 2], pads: [1, 1, 1, 1] },
    attributeTypes: { kernel_shape: "INTS", strides: "INTS", pads: "INTS" },
  };
}
