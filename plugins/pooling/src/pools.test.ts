import fc from "fast-check";
import type { RawAttributes, Shape } from "@lirpa/core/plugin";

/** Random pools: an image and attributes that no rule refuses. */
export interface Pool {
  readonly shape: Shape;
  readonly attributes: RawAttributes;
}

/** Windows that overlap, leave gaps, have holes and see padding; often some that tile the image. */
export const pools: fc.Arbitrary<Pool> = fc.integer({ min: 1, max: 2 }).chain((spatial) => {
  const list = (min: number, max: number, length: number = spatial): fc.Arbitrary<number[]> =>
    fc.array(fc.integer({ min, max }), { minLength: length, maxLength: length });
  const channels = fc.integer({ min: 1, max: 2 });
  const tiles = fc
    .record({ channels, kernel: list(1, 3), counts: list(1, 3) })
    .map(({ channels: c, kernel, counts }): Pool => ({
      shape: [1, c, ...kernel.map((size, axis) => size * counts[axis]!)],
      attributes: { kernel_shape: kernel, strides: kernel },
    }));
  const any = fc
    .record({
      channels,
      kernel: list(1, 3),
      strides: list(1, 3),
      dilations: list(1, 2),
      extra: list(0, 4),
      low: list(0, 1),
      high: list(0, 1),
      ceil_mode: fc.integer({ min: 0, max: 1 }),
    })
    .map(({ channels: c, kernel, strides, dilations, extra, low, high, ceil_mode }): Pool => {
      const extent = kernel.map((size, axis) => (size - 1) * dilations[axis]! + 1);
      // Pads are shorter than a window's first step, so that each window sees an element.
      const pads = [low, high].flatMap((ends) =>
        ends.map((pad, axis) => (kernel[axis] === 1 || dilations[axis]! > 1 ? 0 : pad)),
      );
      return {
        shape: [1, c, ...extent.map((size, axis) => size + extra[axis]!)],
        attributes: { kernel_shape: kernel, strides, dilations, pads, ceil_mode },
      };
    });
  return fc.oneof(tiles, any, any);
});
