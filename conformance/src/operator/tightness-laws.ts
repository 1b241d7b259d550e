import fc from "fast-check";
import { relaxRules, type Lines, type RelaxRule } from "@lirpa/core/plugin";
import type { IrNode } from "@lirpa/core/recording";
import { describeBoxes, within } from "../kit/boxes.js";
import type { Boxes } from "../kit/network.js";
import { sizeOf, slackOf, type Numbers } from "../kit/numbers.js";
import { reals } from "../kit/reals.js";
import { forAll, LawBroken } from "../settings.js";
import { isElementwise, overBox, rulesOf } from "./elementwise.js";
import type { OperatorLaw } from "./law.js";
import type { OperatorSubject } from "./subject.js";

/** Points of the first grid, and of those that are laid around the best point of the one before, in so many valleys. */
const GRID = 300;
const FINER = 16;
const ROUNDS = 5;
const VALLEYS = 3;

/** How far a range may reach past the values, relative to what they rise: as near as the finest grid comes. */
const RANGE_SLACK = 1e-6;
/**
 * How far a line may stay away, relative to what function and line rise: tangents are found by tables and bisection.
 */
const LINE_SLACK = 1e-3;

/** Boxes of all sizes about all kinds of middles, within the domain: the one input of an elementwise operator. */
function variedBoxes({ open, example: { points = [0] } }: OperatorSubject): fc.Arbitrary<Boxes> {
  const { shape, center, domain } = open[0]!;
  const power = fc.tuple(reals(-6, 3), fc.constantFrom(-1, 1)).map(([digits, sign]) => sign * 10 ** digits);
  const middle = fc.oneof(reals(...center), fc.constantFrom(0, ...points), power);
  const width = reals(-6, 3).map((digits) => 10 ** digits);
  const share = fc.oneof(reals(0, 1), fc.constantFrom(0, 1));
  const ends = fc
    .tuple(middle, width, share)
    .map(([at, size, part]) => [within(at - size * part, domain), within(at + size * (1 - part), domain)] as const);
  const size = sizeOf(shape);
  return fc
    .array(ends, { minLength: size, maxLength: size })
    .map((all) => [{ lower: all.map(([low]) => low), upper: all.map(([, high]) => high) }]);
}

/** A function of every element by itself. */
type Elements = (points: readonly Numbers[]) => readonly Numbers[];

/**
 * For each element the least value of a function over a box: of a grid, and of finer ones around its deepest valleys.
 */
function leastOver([box]: Boxes, of: Elements, bends: readonly number[]): number[] {
  const { lower, upper } = box!;
  const grid = gridOf(lower, upper, GRID);
  const values = of(grid);
  const special = bends.map((bend) => Array.from(lower, (low, i) => within(bend, [low, upper[i]!])));
  let least = [...values, ...of(special)].reduce<number[]>(
    (all, some) => lesser(all, some),
    Array.from(lower, () => Infinity),
  );
  const valleys = Array.from(lower, (_, i) => valleysOf(values.map((some) => some[i]!)));
  for (let n = 0; n < VALLEYS; n++) {
    let at = valleys.map((some, i) => grid[some[n % some.length]!]![i]!);
    let steps = Array.from(lower, (low, i) => (upper[i]! - low) / (GRID - 1));
    for (let round = 0; round < ROUNDS; round++) {
      const [from, to] = [-1, 1].map((side) => at.map((x, i) => within(x + side * steps[i]!, [lower[i]!, upper[i]!])));
      const points = gridOf(from!, to!, FINER);
      const finer = of(points);
      at = at.map((_, i) => points[finer.reduce((best, some, k) => (some[i]! < finer[best]![i]! ? k : best), 0)]![i]!);
      steps = at.map((_, i) => (to![i]! - from![i]!) / (FINER - 1));
      least = finer.reduce<number[]>((all, some) => lesser(all, some), least);
    }
  }
  return least;
}

function gridOf(lower: Numbers, upper: Numbers, count: number): number[][] {
  return Array.from({ length: count }, (_, k) =>
    Array.from(lower, (low, i) => (k === count - 1 ? upper[i]! : low + (k / (count - 1)) * (upper[i]! - low))),
  );
}

function lesser(a: readonly number[], b: Numbers): number[] {
  return a.map((x, i) => Math.min(x, b[i]!));
}

/** Where numbers in a row are no greater than their neighbors: the least ones first. */
function valleysOf(values: readonly number[]): number[] {
  const isValley = (k: number): boolean =>
    values[k]! <= (values[k - 1] ?? Infinity) && values[k]! <= (values[k + 1] ?? Infinity);
  const all = [...values.keys()].filter(isValley).sort((a, b) => values[a]! - values[b]!);
  return all.length === 0 ? [0] : all.slice(0, VALLEYS);
}

export const rangeIsTight: OperatorLaw = {
  name: "has, if elementwise, a range no wider than it needs, on intervals of all sizes",
  concerns: ({ kind }) => kind === "elementwise",
  applies: isElementwise,
  check: (subject) => {
    const {
      alone,
      tolerance,
      example: { points: bends = [] },
    } = subject;
    const recording = subject.recording("ibp");
    const values =
      (sign: 1 | -1): Elements =>
      (points) =>
        alone.forward(points.map((point) => [point])).map(([y]) => y!.map((x) => sign * x));
    forAll(subject.settings, variedBoxes(subject), (boxes) => {
      const {
        lower: [lower],
        upper: [upper],
      } = recording.run([boxes]);
      const least = leastOver(boxes, values(1), bends);
      const most = leastOver(boxes, values(-1), bends).map((x) => -x);
      least.forEach((low, i) => {
        const high = most[i]!;
        const rounding = slackOf(tolerance, [low, high]);
        const slack = RANGE_SLACK * (high - low) + rounding;
        const isTight = lower![i]! >= low - slack && upper![i]! <= high + slack;
        if (isTight && lower![i]! <= low + rounding && upper![i]! >= high - rounding) return;
        const [real, said] = [`[${low}, ${high}]`, `[${lower![i]}, ${upper![i]}]`];
        const where = `${subject.name}, ${describeBoxes(boxes)}`;
        throw new LawBroken(`${where}: element ${i} has values in ${real}, and the range ${said}`);
      });
    });
  },
};

export const linesTouch: OperatorLaw = {
  name: "has, if elementwise, lines under every name that touch it and do not cross it, on intervals of all sizes",
  concerns: ({ kind }) => kind === "elementwise",
  applies: isElementwise,
  check: (subject) => {
    const { operator } = subject;
    if (operator.kind !== "elementwise") return;
    for (const [name, relax] of relaxRules(operator.relax)) {
      touches(subject, name === undefined ? "its lines" : `the lines ${name}`, relax);
    }
  },
};

function touches(subject: OperatorSubject, what: string, relax: RelaxRule<unknown>): void {
  const { t, context, interval, parameters } = rulesOf(subject);
  const lines: Lines = relax(context, interval, ...parameters);
  const { shape } = interval.lower;
  const nodes = [lines.lower, lines.upper].flatMap(({ slope, intercept }): IrNode[] => [
    t.expand(slope, shape),
    t.expand(intercept, shape),
  ]);
  forAll(subject.settings, variedBoxes(subject), (boxes) => {
    const [slopeBelow, interceptBelow, slopeAbove, interceptAbove] = overBox(subject, nodes, boxes);
    demandTouch(subject, `${what} below`, boxes, 1, slopeBelow!, interceptBelow!);
    demandTouch(subject, `${what} above`, boxes, -1, slopeAbove!, interceptAbove!);
  });
}

/** Refuses a line, below (1) or above (-1), that stays away from the function all over a box. */
function demandTouch(
  subject: OperatorSubject,
  what: string,
  boxes: Boxes,
  sign: 1 | -1,
  slope: Numbers,
  intercept: Numbers,
): void {
  const gap =
    (way: 1 | -1): Elements =>
    (points) => {
      const values = subject.alone.forward(points.map((point) => [point]));
      return values.map(([y], k) => y!.map((x, i) => way * sign * (x - slope[i]! * points[k]![i]! - intercept[i]!)));
    };
  const bends = subject.example.points ?? [];
  const [nearest, farthest] = [leastOver(boxes, gap(1), bends), leastOver(boxes, gap(-1), bends)];
  const { lower, upper } = boxes[0]!;
  nearest.forEach((distance, i) => {
    const size = 1 + Math.abs(intercept[i]!) + Math.abs(slope[i]!) * Math.max(Math.abs(lower[i]!), Math.abs(upper[i]!));
    const rounding = subject.tolerance * size;
    if (distance >= -rounding && distance <= LINE_SLACK * -farthest[i]! + rounding) return;
    const where = `${subject.name}, ${describeBoxes(boxes)}: element ${i}`;
    if (distance < 0) throw new LawBroken(`${where} crosses ${what} by ${-distance}`);
    throw new LawBroken(`${where} is nowhere nearer to ${what} than ${distance}`);
  });
}
