import fc from "fast-check";
import { sizeOf } from "./numbers.js";
import type { Boxes, Network } from "./network.js";

/** Boxes over all inputs of a network, on a grid that float32 represents, and a seed for what is drawn within. */
export function networkTrials({ inputShapes }: Network, radius = 1): fc.Arbitrary<{ boxes: Boxes; seed: number }> {
  const grid = (least: number, most: number): fc.Arbitrary<number> => fc.integer({ min: least * 64, max: most * 64 }).map((n) => n / 64);
  const radii = fc.oneof({ weight: 6, arbitrary: grid(0, radius) }, { weight: 1, arbitrary: fc.constant(0) });
  const parts = inputShapes.map((shape) => {
    const list = (numbers: fc.Arbitrary<number>): fc.Arbitrary<number[]> => fc.array(numbers, { minLength: sizeOf(shape), maxLength: sizeOf(shape) });
    return fc.tuple(list(grid(-1, 1)), list(radii)).map(([c, r]) => ({ lower: c.map((value, i) => value - r[i]!), upper: c.map((value, i) => value + r[i]!) }));
  });
  return fc.record({ boxes: fc.tuple(...parts), seed: fc.nat() });
}
