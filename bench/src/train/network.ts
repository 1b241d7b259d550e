import type { Graph, HostTensor } from "lirpa";
import type { GraphNode } from "@lirpa/core";
import { uniform } from "../random.js";

/** Convolutions with batch normalization and ReLU, then two linear layers with a ReLU between them. */
export interface Architecture {
  readonly channels: number;
  readonly size: number;
  /** Channels of each convolution; its kernel, stride and padding are those below. */
  readonly convolutions: readonly number[];
  readonly hidden: number;
  readonly classes: number;
}

/** Each convolution halves the image. */
export const kernel = { size: 4, stride: 2, padding: 1 } as const;
/** PyTorch's defaults for batch normalization. */
export const normalization = { epsilon: 1e-5, momentum: 0.1 } as const;

/** Names of parameters are those that a PyTorch module with such members has. */
export const names = {
  convolution: (layer: number): string => `conv${layer}.weight`,
  scale: (layer: number): string => `bn${layer}.weight`,
  shift: (layer: number): string => `bn${layer}.bias`,
  mean: (layer: number): string => `bn${layer}.running_mean`,
  variance: (layer: number): string => `bn${layer}.running_var`,
  /** What a convolution gives, before it is normalized. */
  convolved: (layer: number): string => `conv${layer}`,
  linear: (layer: number): readonly [string, string] => [`fc${layer}.weight`, `fc${layer}.bias`],
} as const;

/** Parameters in float32 from a seed: uniform in ±1/√n where n numbers meet, normalizations that do nothing yet. */
export function initialParameters(
  { channels, size, convolutions, hidden, classes }: Architecture,
  seed: number,
): Map<string, HostTensor> {
  const random = uniform(seed);
  const parameters = new Map<string, HostTensor>();
  const fill = (name: string, shape: readonly number[], next: () => number): void => {
    parameters.set(name, {
      shape,
      dtype: "float",
      data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, next),
    });
  };
  const spread = (name: string, shape: readonly number[], meet: number): void =>
    fill(name, shape, () => (2 * random() - 1) / Math.sqrt(meet));
  convolutions.forEach((outputs, layer) => {
    const inputs = convolutions[layer - 1] ?? channels;
    spread(names.convolution(layer), [outputs, inputs, kernel.size, kernel.size], inputs * kernel.size ** 2);
    for (const [name, value] of [
      [names.scale, 1],
      [names.shift, 0],
      [names.mean, 0],
      [names.variance, 1],
    ] as const)
      fill(name(layer), [outputs], () => value);
  });
  const flat = (convolutions.at(-1) ?? channels) * (size / kernel.stride ** convolutions.length) ** 2;
  [
    [flat, hidden],
    [hidden, classes],
  ].forEach(([inputs, outputs], layer) => {
    const [weight, bias] = names.linear(layer);
    spread(weight, [outputs!, inputs!], inputs!);
    spread(bias, [outputs!], inputs!);
  });
  return parameters;
}

/** Names of what gradients train; the statistics of batch normalization follow the batches instead. */
export function trainedOf(parameters: ReadonlyMap<string, HostTensor>): string[] {
  return [...parameters.keys()].filter((name) => !name.includes(".running_"));
}

/** The network; its batch normalizations read running statistics, as in inference. */
export function graphOf(architecture: Architecture, parameters: ReadonlyMap<string, HostTensor>): Graph {
  const { channels, size, convolutions } = architecture;
  const nodes: GraphNode[] = [];
  let last = "x";
  const add = (type: string, inputs: readonly string[], attributes: GraphNode["attributes"] = {}): void => {
    const name = type === "Conv" ? names.convolved(count("Conv")) : `${type}${nodes.length}`;
    nodes.push({ name, type, domain: "", inputs: [last, ...inputs], outputs: [name], attributes });
    last = name;
  };
  const count = (type: string): number => nodes.filter((node) => node.type === type).length;
  const { size: k, stride, padding } = kernel;
  const window = {
    kernel_shape: [k, k],
    strides: [stride, stride],
    pads: [padding, padding, padding, padding],
    dilations: [1, 1],
    group: 1,
  };
  convolutions.forEach((_, layer) => {
    const normalized = [names.scale, names.shift, names.mean, names.variance].map((name) => name(layer));
    add("Conv", [names.convolution(layer)], window);
    add("BatchNormalization", normalized, { epsilon: normalization.epsilon });
    add("Relu", []);
  });
  add("Flatten", []);
  add("Gemm", names.linear(0), { transB: 1 });
  add("Relu", []);
  add("Gemm", names.linear(1), { transB: 1 });
  return {
    name: "training",
    inputs: [{ name: "x", shape: [1, channels, size, size], dtype: "float" }],
    outputs: [last],
    initializers: parameters,
    nodes,
    opsets: new Map([["", 17]]),
  };
}
