import { evaluate, Vocabulary, vjp } from "@lirpa/core/recording";
import type { HostTensor, RawAttributes } from "@lirpa/core/plugin";
import { marked } from "../kit/marked-methods.js";
import { pointsIn, rowsFor } from "../kit/boxes.js";
import { demandEqual, dot, show, sizeOf, tensor } from "../kit/numbers.js";
import { randomFrom } from "../kit/random.js";
import { sameComputation } from "../kit/same-computation.js";
import { forAll, LawBroken } from "../settings.js";
import { trials } from "./boxes.js";
import { isTensor } from "./case.js";
import { hasBounds, type OperatorLaw } from "./law.js";
import { OperatorSubject } from "./subject.js";

export const inputsUntouched: OperatorLaw = {
  name: "reads its attributes and constants without changing them",
  check: ({ operator, example, settings }) => {
    const constants = example.inputs.filter(isTensor);
    const before = constants.map(({ shape, data }) => ({ shape: [...shape], data: data.slice() }));
    const subject = new OperatorSubject(
      operator,
      { ...example, attributes: frozen(example.attributes ?? {}) },
      settings,
    );
    if (hasBounds(subject)) for (const method of ["ibp", "crown"]) subject.recording(method, { setting: "in company" });
    else subject.alone.forwardRecording();
    constants.forEach(({ shape, data }, i) => {
      demandEqual(`${subject.name}: the shape of a constant after recording`, shape, before[i]!.shape, 0);
      demandEqual(`${subject.name}: a constant after recording`, data, before[i]!.data, 0);
    });
  },
};

/** Attributes whose change throws; numbers of tensors cannot be frozen, and are compared instead. */
function frozen(attributes: RawAttributes): RawAttributes {
  for (const value of Object.values(attributes)) {
    if (typeof value === "object" && !("data" in value)) Object.freeze(value);
  }
  return Object.freeze({ ...attributes });
}

export const recordsTheSame: OperatorLaw = {
  name: "records the same computation every time",
  check: (subject) => {
    const { t, inputs, outputs } = subject.alone.forwardRecording();
    subject.alone.record(t, inputs).forEach((again, i) => {
      if (!sameComputation(again, outputs[i]!))
        throw new LawBroken(
          `${subject.name}: forward recorded twice gives two different computations: the rule holds state`,
        );
    });
    for (const output of subject.bounded) subject.recording(marked.twice("crown"), { output, rows: true });
  },
};

export const sameOnConstants: OperatorLaw = {
  name: "computes the same from constants as from values of a run",
  applies: (subject) => subject.open.length > 0,
  check: (subject) =>
    forAll(
      subject.settings,
      trials(subject),
      ({ boxes, seed }) => {
        const point = pointsIn(boxes, 3, seed)[2]!;
        const t = new Vocabulary();
        const nodes = subject.alone.record(
          t,
          point.map((values, i) => t.constant(tensor(subject.open[i]!.shape, Array.from(values)))),
        );
        const [expected] = subject.alone.forward([point]);
        evaluate(nodes, {}).forEach(({ data }, i) =>
          demandEqual(`${subject.name}, output ${i} from constants`, data, expected![i]!, subject.tolerance),
        );
      },
      8,
    ),
};

const STEP = 1e-5;

/** Along random directions, away from bends: where the two sides of a point disagree nothing is asked. */
export const gradientsAgree: OperatorLaw = {
  name: "has gradients that agree with finite differences",
  applies: hasBounds,
  check: (subject) => {
    const { t, inputs, outputs } = subject.alone.forwardRecording();
    for (const output of subject.bounded) {
      const g = t.input({
        name: "g",
        shape: subject.alone.outputShape(output),
        dtype: "float",
        instances: true,
        rows: undefined,
      });
      const gradients = vjp(t, [outputs[output]!], [g], [...inputs]);
      forAll(
        subject.settings,
        trials(subject),
        ({ boxes, seed }) => {
          const random = randomFrom(seed);
          // Off the grid, where bends lie.
          const point = pointsIn(boxes, 3, seed)[2]!.map((values, i) =>
            Array.from(values, (value) => {
              const [least, most] = subject.open[i]!.domain;
              return Math.min(Math.max(value + (random() - 0.5) * 0.01, least + 2 * STEP), most - 2 * STEP);
            }),
          );
          const direction = point.map((values) => values.map(() => random() * 2 - 1));
          const moved = (step: number): number[][] =>
            point.map((values, i) => values.map((value, j) => value + step * direction[i]![j]!));
          const [row] = rowsFor(sizeOf(subject.alone.outputShape(output)), 2, seed).slice(1);
          const [before, at, after] = subject.alone
            .forward([moved(-STEP), point, moved(STEP)])
            .map((values) => dot(row!, values[output]!));
          const [left, right] = [(at! - before!) / STEP, (after! - at!) / STEP];
          const scale = 1 + Math.abs(left) + Math.abs(right);
          if (Math.abs(left - right) > 1e-3 * scale) return;
          const feeds: Record<string, HostTensor> = { g: tensor([1, 1, ...subject.alone.outputShape(output)], row!) };
          point.forEach((values, i) => (feeds[`x${i}`] = tensor([1, 1, ...subject.open[i]!.shape], values)));
          const derivative = gradients.reduce(
            (sum, gradient, i) =>
              gradient === undefined ? sum : sum + dot(evaluate([gradient], feeds)[0]!.data, direction[i]!),
            0,
          );
          if (!(Math.abs(derivative - (left + right) / 2) <= 2e-3 * scale)) {
            throw new LawBroken(
              `${subject.name} at ${show(point.flat())}: ` +
                `the derivative along a direction is ${derivative} by the gradient, ` +
                `${(left + right) / 2} by differences`,
            );
          }
        },
        12,
      );
    }
  },
};
