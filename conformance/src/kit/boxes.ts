import fc from "fast-check";
import type { Boxes, Network, Point } from "./network.js";
import { show, sizeOf, type Numbers } from "./numbers.js";
import { randomFrom } from "./random.js";

/** Boxes over all inputs of a network, on a grid that float32 represents, and a seed for what is drawn within. */
export function networkTrials({ inputShapes }: Network, radius = 1): fc.Arbitrary<{ boxes: Boxes; seed: number }> {
  const grid = (least: number, most: number): fc.Arbitrary<number> =>
    fc.integer({ min: least * 64, max: most * 64 }).map((n) => n / 64);
  const radii = fc.oneof({ weight: 6, arbitrary: grid(0, radius) }, { weight: 1, arbitrary: fc.constant(0) });
  const parts = inputShapes.map((shape) => {
    const list = (numbers: fc.Arbitrary<number>): fc.Arbitrary<number[]> =>
      fc.array(numbers, { minLength: sizeOf(shape), maxLength: sizeOf(shape) });
    return fc
      .tuple(list(grid(-1, 1)), list(radii))
      .map(([c, r]) => ({ lower: c.map((value, i) => value - r[i]!), upper: c.map((value, i) => value + r[i]!) }));
  });
  return fc.record({ boxes: fc.tuple(...parts), seed: fc.nat() });
}

/** Boxes for messages. */
export function describeBoxes(boxes: Boxes): string {
  return boxes.map(({ lower, upper }, i) => `x${i} in ${show(lower)} … ${show(upper)}`).join(", ");
}

/** The nearest number of a range. */
export function within(value: number, [least, most]: readonly [number, number]): number {
  return Math.min(Math.max(value, least), most);
}

/** Corners first, then bends and inner points. */
export function pointsIn(boxes: Boxes, count: number, seed: number, bends: readonly number[] = []): Point[] {
  const random = randomFrom(seed);
  const special = [0, ...bends];
  return Array.from({ length: count }, (_, k) =>
    boxes.map(({ lower, upper }) =>
      Array.from(lower, (low, i) => {
        const high = upper[i]!;
        if (k === 0) return low;
        if (k === 1) return high;
        const draw = random();
        if (k % 3 === 2) return draw < 0.5 ? low : high;
        const value = k % 3 === 0 ? special[Math.floor(draw * special.length)]! : low + draw * (high - low);
        return Math.min(Math.max(value, low), high);
      }),
    ),
  );
}

/** A box within a box. */
export function partOf(boxes: Boxes, seed: number): Boxes {
  const random = randomFrom(seed);
  return boxes.map(({ lower, upper }) => {
    const ends = Array.from(lower, (low, i) => {
      const width = upper[i]! - low;
      const from = random() < 0.3 ? 0 : random();
      const to = random() < 0.3 ? 1 : from + random() * (1 - from);
      return [low + from * width, Math.max(low + from * width, Math.min(low + to * width, upper[i]!))] as const;
    });
    return { lower: ends.map(([low]) => low), upper: ends.map(([, high]) => high) };
  });
}

/** Rows of a matrix: unit rows of either sign, and mixed ones. */
export function rowsFor(size: number, count: number, seed: number): number[][] {
  const random = randomFrom(seed ^ 0x5bd1e995);
  return Array.from({ length: count }, (_, k) => {
    const row = new Array<number>(size).fill(0);
    if (k % 2 === 0) row[Math.floor(random() * size)] = random() < 0.5 ? -1 : 1;
    else for (let i = 0; i < size; i++) row[i] = Math.round((random() * 2 - 1) * 16) / 16;
    return row;
  });
}

/** The box that is one point. */
export function pointBox(point: readonly Numbers[]): Boxes {
  return point.map((values) => ({ lower: values, upper: values }));
}
