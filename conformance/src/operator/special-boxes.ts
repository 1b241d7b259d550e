import type { Boxes, Point } from "../kit/network.js";
import { sizeOf } from "../kit/numbers.js";
import { randomFrom } from "../kit/random.js";
import type { OperatorSubject } from "./subject.js";

/** Sizes of intervals, as powers of ten. */
const SCALES = [-5, 1] as const;
/** How much longer one part of an interval may be than the other, as a power of ten. */
const MOST_UNEVEN = 3;

/** Boxes about special points, and where each of their elements has its own. */
export interface SpecialBox {
  readonly boxes: Boxes;
  /** For each input, one for all elements. */
  readonly at: readonly number[];
}

/** As many boxes as are asked for, about all special points in turn. The same seed gives the same boxes. */
export function specialBoxes(subject: OperatorSubject, count: number, seed: number): SpecialBox[] {
  const random = randomFrom(seed);
  const places = placesOf(subject);
  return Array.from({ length: count }, (_, n) => {
    const at = places[n % places.length]!;
    const boxes = subject.open.map(({ shape }, input) => {
      const ends = Array.from({ length: sizeOf(shape) }, () => intervalAbout(at[input]!, random));
      return { lower: ends.map(([low]) => low), upper: ends.map(([, high]) => high) };
    });
    return { boxes, at };
  });
}

/** One special point for each input. */
function placesOf({ open, example: { points = [0], tuples } }: OperatorSubject): readonly (readonly number[])[] {
  if (tuples !== undefined) return tuples;
  return open.reduce<number[][]>(
    (all, _, input) => {
      // Beyond two inputs all combinations are too many.
      if (input >= 2) return all.map((place, n) => [...place, points[n % points.length]!]);
      return all.flatMap((place) => points.map((point) => [...place, point]));
    },
    [[]],
  );
}

/** An interval that begins or ends at a point, straddles it or lies beside it; with ends that float32 represents. */
function intervalAbout(point: number, random: () => number): [number, number] {
  const long = 10 ** (SCALES[0] + random() * (SCALES[1] - SCALES[0]));
  const short = long * 10 ** (-MOST_UNEVEN * random());
  const [low, high] = partsOf(long, short, Math.floor(random() * 6));
  return random() < 0.5
    ? [Math.fround(point + low), Math.fround(point + high)]
    : [Math.fround(point - high), Math.fround(point - low)];
}

/** Relative to the point: the mirror image is as likely. */
function partsOf(long: number, short: number, kind: number): [number, number] {
  if (kind === 0) return [0, long];
  if (kind === 1) return [short, long];
  if (kind === 2) return [0, 0];
  return [-short, long];
}

/**
 * Points in a box: its corners, what lies at and next to the special points, and what lies between, even and uneven.
 */
export function denseSamples({ boxes, at }: SpecialBox, count: number, seed: number): Point[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, (_, k) =>
    boxes.map(({ lower, upper }, input) =>
      Array.from(lower, (low, i) => {
        const high = upper[i]!;
        if (k < 2) return k === 0 ? low : high;
        return Math.fround(Math.min(Math.max(sampleOf(low, high, at[input]!, random), low), high));
      }),
    ),
  );
}

function sampleOf(low: number, high: number, at: number, random: () => number): number {
  const width = high - low;
  const draw = random();
  if (draw < 0.1) return low;
  if (draw < 0.2) return high;
  if (draw < 0.25) return at;
  if (draw < 0.6) return low + random() * width;
  const near = width * 10 ** (-6 * random());
  return draw < 0.8 ? at + near : at - near;
}
