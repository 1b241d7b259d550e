import fc from "fast-check";
import { randomFrom } from "../kit/random.js";
import type { Boxes, Point } from "../kit/network.js";
import { sizeOf, type Numbers } from "../kit/numbers.js";
import type { OpenInput } from "./case.js";
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
    const grid = (least: number, most: number): fc.Arbitrary<number> => fc.integer({ min: Math.ceil(least * GRID), max: Math.floor(most * GRID) }).map((n) => n / GRID);
    const middles = points.length === 0 ? grid(...center) : fc.oneof({ weight: 5, arbitrary: grid(...center) }, { weight: 1, arbitrary: fc.constantFrom(...points) });
    const radii = fc.oneof({ weight: 5, arbitrary: grid(0, radius) }, { weight: 1, arbitrary: fc.constant(0) });
    const list = (numbers: fc.Arbitrary<number>): fc.Arbitrary<number[]> => fc.array(numbers, { minLength: size, maxLength: size });
    return fc.tuple(list(middles), list(radii)).map(([c, r]) => ({
      lower: c.map((value, i) => within(value - r[i]!, domain)),
      upper: c.map((value, i) => within(value + r[i]!, domain)),
    }));
  });
  return fc.tuple(...parts);
}

export function within(value: number, [least, most]: OpenInput["domain"] & object): number {
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
