import { sizeOf, type Tensor, type TensorOps } from "@lirpa/core/plugin";
import type { PoolingWindow } from "./window.js";

/**
 * The adjoint of `t.windows`: adds every element of every window, [B, C, elements, output…], to its place in [B, C,
 * …].
 */
export function scatterWindows(t: TensorOps, windows: Tensor, window: PoolingWindow): Tensor {
  return tiles(window) ? untile(t, windows, window) : scatter(t, windows, window);
}

/** True where the windows partition the input. */
function tiles({ axes }: PoolingWindow): boolean {
  return axes.every(
    ({ size, kernel, output, begin, dilation, stride }) =>
      size === kernel * output &&
      begin === 0 &&
      (dilation === 1 || kernel === 1) &&
      (stride === kernel || output === 1),
  );
}

/** [B, C, k…, o…] → [B, C, o, k, o, k, …] → [B, C, o·k, …]. */
function untile(t: TensorOps, windows: Tensor, { batch, channels, sizes, kernel, output }: PoolingWindow): Tensor {
  const interleaved = sizes.flatMap((_, axis) => [2 + sizes.length + axis, 2 + axis]);
  const split = t.reshape(windows, [batch, channels, ...kernel, ...output]);
  return t.reshape(t.transpose(split, [0, 1, ...interleaved]), [batch, channels, ...sizes]);
}

/** A transposed convolution whose kernel moves each element to its own place. */
function scatter(
  t: TensorOps,
  windows: Tensor,
  { batch, channels, axes, sizes, kernel, output, options }: PoolingWindow,
): Tensor {
  const count = sizeOf(kernel);
  const positions = t.arange(count);
  const places = t.cast(t.equal(t.reshape(positions, [count, 1]), positions), "float");
  // Elements of the input behind the last window.
  const outputPadding = axes.map(
    ({ size, stride, extent, begin, end, output: count }) => size - (stride * (count - 1) + extent) + begin + end,
  );
  const scattered = t.convTranspose(
    t.reshape(windows, [batch * channels, count, ...output]),
    t.reshape(places, [count, 1, ...kernel]),
    {
      ...options,
      groups: 1,
      outputPadding,
    },
  );
  return t.reshape(scattered, [batch, channels, ...sizes]);
}
