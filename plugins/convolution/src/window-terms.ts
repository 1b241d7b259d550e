import { nth, sizeOf, type Tensor, type TensorOps } from "@lirpa/core/plugin";

/** How both operators are called: a product of windows of X with kernels W, plus a bias per channel. */
export const WINDOW_PRODUCT = {
  sinceVersion: 1,
  inputs: ["X", "W", "B?"],
  factors: ["X", "W"],
  additive: ["B"],
} as const;

export type Operands = typeof WINDOW_PRODUCT.inputs;

export interface Terms {
  readonly left: Tensor;
  readonly right: Tensor;
  sum(products: Tensor): Tensor;
}

/** How many of what a kernel has. */
export interface Kernels {
  readonly groups: number;
  /** Outputs per group. */
  readonly perGroup: number;
  /** Channels per group. */
  readonly channels: number;
  readonly elements: number;
}

/**
 * The products of a grouped convolution: windows [B, C, elements of the kernel, output positions…] times kernels, which
 * have the order group, output, channel, element.
 */
export function windowTerms(t: TensorOps, windows: Tensor, weights: Tensor, kernels: Kernels): Terms {
  const { groups, perGroup, channels, elements } = kernels;
  const batch = nth(windows.shape, 0);
  const output = windows.shape.slice(3);
  return {
    left: t.reshape(windows, [batch, groups, 1, channels, elements, sizeOf(output)]),
    right: t.reshape(weights, [1, groups, perGroup, channels, elements, 1]),
    sum: (products) => t.reshape(t.sum(products, [3, 4]), [batch, groups * perGroup, ...output]),
  };
}

/** y plus a bias per channel, where there is one. */
export function withBias(t: TensorOps, y: Tensor, bias: Tensor | undefined): Tensor {
  return bias === undefined ? y : t.add(y, t.reshape(bias, [...bias.shape, ...y.shape.slice(2).map(() => 1)]));
}
