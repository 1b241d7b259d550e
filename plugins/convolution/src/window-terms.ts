import type { Tensor, TensorOps } from "@lirpa/core/plugin";

/** How both operators are called: a product of windows of X with kernels W, plus a bias per channel. */
export const WINDOW_PRODUCT = { sinceVersion: 1, inputs: ["X", "W", "B?"], factors: ["X", "W"], additive: ["B"] } as const;

export interface Terms {
  readonly left: Tensor;
  readonly right: Tensor;
  sum(products: Tensor): Tensor;
}

/**
 * The products of a grouped convolution: windows [B, C, elements of the kernel, output positions…] times kernels
 * [groups, outputs per group, C / groups, elements of the kernel].
 */
export function windowTerms(t: TensorOps, windows: Tensor, kernels: Tensor): Terms {
  const [batch, , , ...output] = windows.shape as readonly [number, number, number, ...number[]];
  const [groups, perGroup, channels, elements] = kernels.shape as readonly [number, number, number, number];
  const positions = output.reduce((product, size) => product * size, 1);
  return {
    left: t.reshape(windows, [batch, groups, 1, channels, elements, positions]),
    right: t.reshape(kernels, [1, groups, perGroup, channels, elements, 1]),
    sum: (products) => t.reshape(t.sum(products, [3, 4]), [batch, groups * perGroup, ...output]),
  };
}

/** y plus a bias per channel, where there is one. */
export function withBias(t: TensorOps, y: Tensor, bias: Tensor | undefined): Tensor {
  return bias === undefined ? y : t.add(y, t.reshape(bias, [...bias.shape, ...y.shape.slice(2).map(() => 1)]));
}
