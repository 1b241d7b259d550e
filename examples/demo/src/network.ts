import type { ConvOptions, HostTensor, IrNode, Shape, Vocabulary } from "@lirpa/core";

/** Weights of the classifier's affine layers, with a ReLU between two of them. Four sizes are a convolution's. */
export const LAYERS: Readonly<Record<string, Shape>> = {
  conv1: [8, 1, 4, 4],
  conv2: [16, 8, 4, 4],
  dense1: [16 * 7 * 7, 64],
  dense2: [64, 10],
};

/** Each convolution halves the image: 28, 14, 7 pixels. */
export const WINDOW: ConvOptions = { strides: [2, 2], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1 };

/** One `T` for each weight and each bias: `conv1.weight`, `conv1.bias`, … */
export type Parameters<T> = Readonly<Record<string, T>>;

/** The shape of each parameter. A convolution's bias has one number per channel. */
export const PARAMETERS: Parameters<Shape> = Object.fromEntries(
  Object.entries(LAYERS).flatMap(([layer, shape]) => [
    [`${layer}.weight`, shape],
    [`${layer}.bias`, isConv(shape) ? [shape[0]!, 1, 1] : [shape[1]!]],
  ]),
);

export function isConv(weight: Shape): boolean {
  return weight.length === 4;
}

/** Normal weights of variance 2 / fan-in (He et al. 2015), biases of zero. */
export function initialParameters(random: () => number): Parameters<HostTensor> {
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Object.fromEntries(Object.entries(PARAMETERS).map(([name, shape]) => {
    const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
    const deviation = Math.sqrt(2 / (isConv(shape) ? data.length / shape[0]! : shape[0]!));
    return [name, { shape, dtype: "float", data: name.endsWith(".weight") ? data.map(() => deviation * normal()) : data }];
  }));
}

/** The logits of images [batch, 1, 28, 28]. */
export function logits(t: Vocabulary, images: IrNode, parameters: Parameters<IrNode>): IrNode {
  let x = images;
  for (const [i, layer] of Object.keys(LAYERS).entries()) {
    x = t.add(linear(t, i === 0 ? x : t.relu(x), parameters[`${layer}.weight`]!), parameters[`${layer}.bias`]!);
  }
  return x;
}

/** Interval bounds of the logits over all images that differ from the given ones by at most eps in each pixel. */
export function logitBounds(t: Vocabulary, images: IrNode, eps: IrNode, parameters: Parameters<IrNode>): { readonly lower: IrNode; readonly upper: IrNode } {
  let [lower, upper] = [t.sub(images, eps), t.add(images, eps)];
  for (const [i, layer] of Object.keys(LAYERS).entries()) {
    if (i > 0) [lower, upper] = [t.relu(lower), t.relu(upper)];
    const weight = parameters[`${layer}.weight`]!;
    const center = t.add(linear(t, t.mul(t.add(lower, upper), 0.5), weight), parameters[`${layer}.bias`]!);
    const radius = linear(t, t.mul(t.sub(upper, lower), 0.5), t.abs(weight));
    [lower, upper] = [t.sub(center, radius), t.add(center, radius)];
  }
  return { lower, upper };
}

function linear(t: Vocabulary, x: IrNode, weight: IrNode): IrNode {
  return isConv(weight.shape) ? t.conv(x, weight, WINDOW) : t.matmul(t.reshape(x, [x.shape[0]!, weight.shape[0]!]), weight);
}
