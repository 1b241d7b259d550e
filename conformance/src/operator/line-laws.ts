import { relaxRules, type HostTensor } from "@lirpa/core/plugin";
import { evaluate, makeProgram, type IrNode } from "@lirpa/core/recording";
import { describeBoxes, pointsIn, rowsFor } from "../kit/boxes.js";
import { WIDEN, widenedAtFacts } from "../kit/facts.js";
import { FREE, marked } from "../kit/marked-methods.js";
import type { Boxes, Recording } from "../kit/network.js";
import { dot, sizeOf, tensor, type Numbers } from "../kit/numbers.js";
import { randomFrom } from "../kit/random.js";
import { forAll, LawBroken } from "../settings.js";
import { trials } from "./boxes.js";
import { isElementwise, overBox, rulesOf } from "./elementwise.js";
import { hasBounds, type OperatorLaw } from "./law.js";
import { hasFreeValues, isOf, type OperatorSubject, type SubjectOptions } from "./subject.js";

const SAMPLES = 14;
const ROWS = 4;

/** Refuses rows of bounds that leave out a row of a sample. */
function demandRowsInside(
  subject: OperatorSubject,
  what: string,
  boxes: Boxes,
  rows: readonly Numbers[],
  output: number,
  values: readonly number[][][],
  lower: Numbers,
  upper: Numbers,
): void {
  for (const value of values) {
    rows.forEach((row, k) => {
      const truth = dot(row, value[output]!);
      const slack =
        subject.tolerance *
        Array.from(row).reduce((sum, a, i) => sum + Math.abs(a * value[output]![i]!), 1 + Math.abs(truth));
      const sound = lower[k]! <= truth + slack && upper[k]! >= truth - slack;
      if (!sound)
        throw new LawBroken(
          `${subject.name}, ${what}, ${describeBoxes(boxes)}: ` +
            `row [${Array.from(row).join(", ")}] of the output is ${truth}, outside [${lower[k]}, ${upper[k]}]`,
        );
    });
  }
}

const same = (recording: Recording): Recording => recording;

/** Linear bounds of random rows around the samples, with shares for what the method's marks opened. */
function brackets(
  subject: OperatorSubject,
  method: string,
  options: SubjectOptions,
  what: string,
  change: (recording: Recording) => Recording = same,
): void {
  const isChanged = change !== same || method === marked.free("crown");
  for (const output of subject.bounded) {
    const recording = change(subject.recording(method, { ...options, output, rows: true }));
    forAll(subject.settings, trials(subject), ({ boxes, seed }) => {
      const rows = rowsFor(sizeOf(subject.alone.outputShape(output)), ROWS, seed);
      const values = subject.alone.forward(pointsIn(boxes, SAMPLES, seed, subject.example.points));
      const extra = { ...subject.alone.rows(output, rows), ...sharesFor(recording.program.inputs, seed) };
      const { lower, upper } = recording.run([boxes], extra);
      // A choice may cost a value within an expansion its bounds (a root that may be zero, in a divisor), and so may a
      // wider bound that reaches a pole. A program that takes values for numbers then says so by NaN, and core runs
      // another one,
      // which `soundAtSpecialPoints` is about.
      const saysNothing = (k: number): boolean => Number.isNaN(lower[0]![k]) && Number.isNaN(upper[0]![k]);
      const kept = isChanged ? rows.flatMap((_, k) => (saysNothing(k) ? [] : [k])) : [...rows.keys()];
      const of = (ends: readonly number[]): number[] => kept.map((k) => ends[k]!);
      demandRowsInside(
        subject,
        what,
        boxes,
        kept.map((k) => rows[k]!),
        output,
        values,
        of(lower[0]!),
        of(upper[0]!),
      );
    });
  }
}

/** Shares of ranges: the ends as often as what lies between. */
function sharesFor(
  inputs: readonly { readonly name: string; readonly shape: readonly number[] }[],
  seed: number,
): Record<string, HostTensor> {
  const random = randomFrom(seed ^ 0x2545f491);
  const draw = (): number => {
    const value = random();
    return value < 0.25 ? 0 : value > 0.75 ? 1 : random();
  };
  return Object.fromEntries(
    inputs.flatMap(({ name, shape }) => {
      if (!name.startsWith(FREE) && !name.startsWith(WIDEN)) return [];
      return [[name, tensor([1, 1, ...shape], Array.from({ length: sizeOf(shape) }, draw))]];
    }),
  );
}

export const linesBracket: OperatorLaw = {
  name: "has linear bounds that bracket its values",
  applies: hasBounds,
  check: (subject) => brackets(subject, "crown", {}, "by crown"),
};

/**
 * The lines themselves at samples, with and without their free choices, for every name of a relaxation. What lies
 * between operators of an expansion is bounded by intervals, which no point tells apart from the box.
 */
export const linesHoldAtPoints: OperatorLaw = {
  name: "has lines and planes that hold at every point, not only where they are extreme",
  applies: hasBounds,
  check: (subject) => {
    for (const output of subject.bounded) {
      const names = namesOf(subject).map((relaxation) => ({ relaxation, output }));
      for (const options of [{ output }, ...names]) holdAtPoints(subject, "crown-ibp", options);
      holdAtPoints(subject, marked.free("crown-ibp"), { output });
    }
  },
};

/** One instance for each sample: all of one box, each with its own point. */
function holdAtPoints(
  subject: OperatorSubject,
  method: string,
  options: SubjectOptions & { readonly output: number },
): void {
  const { output } = options;
  const recording = subject.recording(method, { ...options, rows: true, pointwise: true });
  const what =
    "by " +
    `${method}${options.relaxation === undefined ? "" : ` and the relaxation ${options.relaxation}`}, at a point`;
  forAll(subject.settings, trials(subject), ({ boxes, seed }) => {
    const rows = rowsFor(sizeOf(subject.alone.outputShape(output)), ROWS, seed);
    const points = pointsIn(boxes, SAMPLES, seed, subject.example.points);
    const { program } = recording;
    const { alone } = subject;
    const extra = { ...alone.rows(output, rows), ...alone.points(program, points), ...sharesFor(program.inputs, seed) };
    const { lower, upper } = recording.run(
      points.map(() => boxes),
      extra,
    );
    subject.alone
      .forward(points)
      .forEach((value, i) => demandRowsInside(subject, what, boxes, rows, output, [value], lower[i]!, upper[i]!));
  });
}

export const boundsPart: OperatorLaw = {
  name: "carries the coefficients of the lower and of the upper bound each by itself",
  applies: hasBounds,
  check: (subject) => brackets(subject, "crown", { setting: "in company" }, "by crown between two relaxations"),
};

export const namedLinesBracket: OperatorLaw = {
  name: "has linear bounds that bracket its values, under every name of a relaxation",
  concerns: (operator) => operator.kind === "elementwise" && typeof operator.relax === "object",
  applies: (subject) => hasBounds(subject) && namesOf(subject).length > 0,
  check: (subject) => {
    for (const relaxation of namesOf(subject))
      brackets(subject, "crown", { relaxation }, `by the relaxation ${relaxation}`);
  },
};

function namesOf({ operator, alone: { resolved } }: OperatorSubject): string[] {
  if (operator.kind !== "elementwise" || !resolved.nodes.some((node) => isOf(node, operator))) return [];
  return [...relaxRules(operator.relax).keys()].filter((name) => name !== undefined);
}

export const freeChoicesAreSound: OperatorLaw = {
  name: "stays sound for every free choice",
  applies: (subject) => hasBounds(subject) && subject.bounded.some((output) => hasFreeValues(subject, output)),
  check: (subject) => {
    // Alone nothing but the operator's own lines can hide a wrong choice; in company the two bounds choose differently.
    brackets(subject, marked.free("crown"), {}, "with random free values");
    brackets(
      subject,
      marked.free("crown"),
      { setting: "in company" },
      "between two relaxations, with random free values",
    );
  },
};

export const widerBoundsAreSound: OperatorLaw = {
  name: "stays sound when the bounds that it relies on are widened",
  concerns: ({ kind }) => kind !== "linear",
  applies: hasBounds,
  check: (subject) =>
    brackets(subject, "crown", {}, "with widened bounds", ({ program }) =>
      subject.alone.recordingOf(widenedAtFacts(program)),
    ),
};

export const defaultIsOffered: OperatorLaw = {
  name: "chooses by default what it offers as free",
  applies: hasBounds,
  check: (subject) => {
    for (const output of subject.bounded) {
      const parts = subject.freeValues(output).map(({ value, min, max }, i): [string, IrNode][] => [
        [`value${i}`, value],
        [`min${i}`, min],
        [`max${i}`, max],
      ]);
      if (parts.length === 0) continue;
      const nodes = parts.flat().map(([, node]) => node);
      const { feeds } = subject.alone.recordingOf(makeProgram("free", Object.fromEntries(parts.flat())));
      forAll(subject.settings, trials(subject), ({ boxes, seed }) => {
        const fed = feeds(
          [boxes],
          subject.alone.rows(output, rowsFor(sizeOf(subject.alone.outputShape(output)), 2, seed)),
        );
        const results = evaluate(nodes, fed);
        for (let i = 0; i < results.length; i += 3) {
          const [value, min, max] = results.slice(i, i + 3).map(({ data }) => data);
          for (let at = 0; at < value!.length; at++) {
            const [low, high] = [min![at % min!.length]!, max![at % max!.length]!];
            const slack = 1e-9 * (1 + Math.abs(value![at]!));
            if (min!.length !== value!.length && min!.length !== 1) break;
            if (max!.length !== value!.length && max!.length !== 1) break;
            if (!(value![at]! >= low - slack && value![at]! <= high + slack)) {
              throw new LawBroken(
                `${subject.name}, ${describeBoxes(boxes)}: the default of a free value is ${value![at]}, ` +
                  `outside [${low}, ${high}]`,
              );
            }
          }
        }
      });
    }
  },
};

/** Where a rule calls itself stable no better interval helps: its two lines meet. */
export const stableMeansExact: OperatorLaw = {
  name: "calls itself stable only where it is one line",
  concerns: (operator) => operator.kind === "elementwise" && operator.stable !== undefined,
  applies: isElementwise,
  check: (subject) => {
    const { t, operator, context, interval, parameters } = rulesOf(subject);
    const stable = t.node(operator.stable!(context, interval, ...parameters));
    forAll(subject.settings, trials(subject), ({ boxes, seed }) => {
      const { lower, upper } = boxes[0]!;
      const [claims] = overBox(subject, [stable], boxes);
      const points = pointsIn(boxes, 8, seed, subject.example.points);
      const [low, high, ...inner] = subject.alone.forward(points).map((values) => values[0]!);
      for (let i = 0; i < lower.length; i++) {
        if (claims![claims!.length === 1 ? 0 : i] === 0) continue;
        const width = upper[i]! - lower[i]!;
        inner.forEach((value, k) => {
          const at = points[k + 2]![0]![i]!;
          const line = low![i]! + (width === 0 ? 0 : (at - lower[i]!) / width) * (high![i]! - low![i]!);
          if (Math.abs(line - value[i]!) <= 1e3 * subject.tolerance * (1 + Math.abs(line))) return;
          const where = `${subject.name}: calls itself stable on [${lower[i]}, ${upper[i]}]`;
          throw new LawBroken(`${where}, but bends: ${value[i]} at ${at}, on the line ${line}`);
        });
      }
    });
  },
};
