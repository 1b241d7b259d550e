import { describeBoxes, partOf, pointBox, pointsIn, within } from "../kit/boxes.js";
import type { Boxes } from "../kit/network.js";
import { demandEqual, demandFinite, demandInside, show, slackOf, sizeOf } from "../kit/numbers.js";
import { forAll, LawBroken } from "../settings.js";
import { boxesOf, trials } from "./boxes.js";
import { hasBounds, type OperatorLaw } from "./law.js";
import { isOf, type OperatorSubject } from "./subject.js";

const SAMPLES = 14;

/** Interval arithmetic, by the operator's own rule or by what its kind derives. */
export const containsSamples: OperatorLaw = {
  name: "has an interval that contains its values",
  applies: hasBounds,
  check: (subject) =>
    forAll(subject.settings, trials(subject), ({ boxes, seed }) => {
      const values = subject.alone.forward(pointsIn(boxes, SAMPLES, seed, subject.example.points));
      for (const output of subject.bounded) {
        const { lower, upper } = subject.recording("ibp", { output }).run([boxes]);
        for (const value of values)
          demandInside(
            () => `${subject.name}, ${describeBoxes(boxes)}`,
            lower[0]!,
            value[output]!,
            upper[0]!,
            subject.tolerance,
          );
      }
    }),
};

export const smallerIsNotLooser: OperatorLaw = {
  name: "has no looser interval for a smaller set",
  applies: hasBounds,
  check: (subject) =>
    forAll(subject.settings, trials(subject), ({ boxes, seed }) => {
      const part = partOf(boxes, seed);
      for (const output of subject.bounded) {
        const { lower, upper } = subject.recording("ibp", { output }).run([boxes, part]);
        const slack = slackOf(subject.tolerance, lower[0]!, upper[0]!);
        lower[0]!.forEach((low, i) => {
          if (lower[1]![i]! < low - slack || upper[1]![i]! > upper[0]![i]! + slack) {
            throw new LawBroken(
              `${subject.name}, ${describeBoxes(part)} within ${describeBoxes(boxes)}: ` +
                `element ${i} has [${lower[1]![i]}, ${upper[1]![i]}] outside [${low}, ${upper[0]![i]}]`,
            );
          }
        });
      }
    }),
};

export const exactAtPoints: OperatorLaw = {
  name: "is exact where the set is a point",
  applies: hasBounds,
  check: (subject) =>
    forAll(
      subject.settings,
      trials(subject),
      ({ boxes, seed }) => {
        const point = pointsIn(boxes, 3, seed)[2]!;
        const [values] = subject.alone.forward([point]);
        for (const output of subject.bounded) {
          for (const method of ["ibp", "crown"]) {
            const { lower, upper } = subject.recording(method, { output }).run([pointBox(point)]);
            const what = () => `${subject.name} at ${show(point.flatMap((part) => Array.from(part)))}, by ${method}`;
            demandEqual(() => `${what()}, the lower bound`, lower[0]!, values![output]!, subject.tolerance);
            demandEqual(() => `${what()}, the upper bound`, upper[0]!, values![output]!, subject.tolerance);
          }
        }
      },
      12,
    ),
};

/** Radii and middles at which divisions and differences go wrong. */
const LARGE = 1e4;
const RADII = [0, 1e-30, 1e-9, 1, LARGE];

export const finite: OperatorLaw = {
  name: "stays finite and sound at points, at zero and at large values",
  applies: hasBounds,
  check: (subject) => {
    for (const boxes of extremeBoxes(subject)) {
      const values = subject.alone.forward(pointsIn(boxes, 6, 1));
      for (const output of subject.bounded) {
        for (const method of ["ibp", "crown"]) {
          const { lower, upper } = subject.recording(method, { output }).run([boxes]);
          const what = () => `${subject.name}, ${describeBoxes(boxes)}, by ${method}`;
          demandFinite(what, lower[0]!);
          demandFinite(what, upper[0]!);
          const inputs = boxes.flatMap((box) => [...Array.from(box.lower), ...Array.from(box.upper)]);
          // What cancels within a rule is rounded relative to the terms, not to their sum.
          const scale = slackOf(subject.tolerance, inputs, lower[0]!, upper[0]!);
          for (const value of values)
            demandInside(
              what,
              lower[0]!.map((low) => low - scale),
              value[output]!,
              upper[0]!.map((high) => high + scale),
              subject.tolerance,
            );
        }
      }
    }
  },
};

function extremeBoxes({ open }: OperatorSubject): Boxes[] {
  const middles = [
    () => 0,
    () => 1,
    () => -1,
    () => LARGE,
    () => -LARGE,
    (i: number) => (i % 2 === 0 ? LARGE : -LARGE),
    (i: number) => (i % 3) - 1,
  ];
  return middles.flatMap((middle) =>
    RADII.map((radius): Boxes =>
      open.map(({ shape, domain }) => {
        const at = Array.from({ length: sizeOf(shape) }, (_, i) => middle(i));
        return {
          lower: at.map((value) => within(value - radius, domain)),
          upper: at.map((value) => within(value + radius, domain)),
        };
      }),
    ),
  );
}

/** Lines that are sound by construction hide a wrong slope; what they lose does not. */
const MOST_LOST = 1.1;

export const linesAreWorthwhile: OperatorLaw = {
  name: "has, if elementwise, lines that lose no more than the width of its range",
  concerns: ({ kind }) => kind === "elementwise",
  applies: (subject) =>
    hasBounds(subject) && subject.alone.resolved.nodes.slice(0, 1).some((node) => isOf(node, subject.operator)),
  check: (subject) =>
    forAll(subject.settings, boxesOf(subject), (boxes) => {
      const [interval, lines] = ["ibp", "crown"].map((method) => subject.recording(method).run([boxes]));
      const slack = slackOf(subject.tolerance, interval!.lower[0]!, interval!.upper[0]!);
      interval!.lower[0]!.forEach((low, i) => {
        const high = interval!.upper[0]![i]!;
        const room = MOST_LOST * (high - low) + slack;
        const [below, above] = [lines!.lower[0]![i]!, lines!.upper[0]![i]!];
        if (!(below >= low - room && above <= high + room)) {
          throw new LawBroken(
            `${subject.name}, ${describeBoxes(boxes)}: element ${i} lies in [${low}, ${high}], ` +
              `but its lines only say [${below}, ${above}]`,
          );
        }
      });
    }),
};

/** One affine step from a box is exact both ways. */
export const linearIsTight: OperatorLaw = {
  name: "has, if linear, an interval as tight as its coefficients",
  concerns: ({ kind }) => kind === "linear",
  applies: (subject) => {
    const { nodes } = subject.alone.resolved;
    return hasBounds(subject) && nodes.length === 1 && isOf(nodes[0]!, subject.operator);
  },
  check: (subject) =>
    forAll(
      subject.settings,
      boxesOf(subject),
      (boxes) => {
        for (const output of subject.bounded) {
          const [interval, exact] = ["ibp", "crown"].map((method) =>
            subject.recording(method, { output }).run([boxes]),
          );
          const what = () => `${subject.name}, ${describeBoxes(boxes)}`;
          demandEqual(
            () => `${what()}, the lower end of the interval`,
            interval!.lower[0]!,
            exact!.lower[0]!,
            subject.tolerance,
          );
          demandEqual(
            () => `${what()}, the upper end of the interval`,
            interval!.upper[0]!,
            exact!.upper[0]!,
            subject.tolerance,
          );
        }
      },
      10,
    ),
};
