import fc from "fast-check";
import type { Boxes } from "../kit/network.js";
import { sizeOf } from "../kit/numbers.js";
import { within } from "../kit/boxes.js";
import type { OperatorSubject } from "./subject.js";

/** Boxes and points lie on this grid, which float32 represents; so that bends are met exactly, often. */
const GRID = 64;

/** A box and a seed for what is drawn within it. */
export interface Trial {
  readonly boxes: Boxes;
  readonly seed: number;
}

export function trials(subject: OperatorSubject): fc.Arbitrary<Trial> {
  return fc.record({ boxes: boxesOf(subject), seed: fc.nat() });
}

/** One box for each perturbed input. */
export function boxesOf({ open, example: { points = [] } }: OperatorSubject): fc.Arbitrary<Boxes> {
  const parts = open.map(({ shape, center, radius, domain }) => {
    const size = sizeOf(shape);
    const grid = (least: number, most: number): fc.Arbitrary<number> =>
      fc.integer({ min: Math.ceil(least * GRID), max: Math.floor(most * GRID) }).map((n) => n / GRID);
    const anywhere = { weight: 5, arbitrary: grid(...center) };
    const special = points.length === 0 ? [] : [{ weight: 1, arbitrary: fc.constantFrom(...points) }];
    const middles = fc.oneof(anywhere, ...special);
    const radii = fc.oneof({ weight: 5, arbitrary: grid(0, radius) }, { weight: 1, arbitrary: fc.constant(0) });
    const list = (numbers: fc.Arbitrary<number>): fc.Arbitrary<number[]> =>
      fc.array(numbers, { minLength: size, maxLength: size });
    return fc.tuple(list(middles), list(radii)).map(([c, r]) => ({
      lower: c.map((value, i) => within(value - r[i]!, domain)),
      upper: c.map((value, i) => within(value + r[i]!, domain)),
    }));
  });
  return fc.tuple(...parts);
}
