import fc from "fast-check";
import { evaluateProgram } from "@lirpa/core/recording";
import { standardMethods } from "@lirpa/core";
import { onnxRuntimeExecutor } from "@lirpa/executor-onnxruntime";
import { describeBoxes, pointsIn, rowsFor } from "../kit/boxes.js";
import { demandEqual, demandInside, sizeOf } from "../kit/numbers.js";
import { forAll, forAllAsync } from "../settings.js";
import { boxesOf, trials } from "./boxes.js";
import { hasBounds, type OperatorLaw } from "./law.js";
import { hasFreeValues, type OperatorSubject } from "./subject.js";
import { steps } from "../kit/steps.js";

const INSTANCES = 3;

export const instancesAreApart: OperatorLaw = {
  name: "bounds one instance as its row of many",
  applies: hasBounds,
  check: (subject) =>
    forAll(
      subject.settings,
      fc.tuple(...Array.from({ length: INSTANCES }, () => boxesOf(subject))),
      (many) => {
        for (const output of subject.bounded) {
          for (const method of ["ibp", "crown"]) {
            const recording = subject.recording(method, { output });
            const together = recording.run(many);
            many.forEach((boxes, n) => {
              const alone = recording.run([boxes]);
              for (const end of ["lower", "upper"] as const) {
                demandEqual(
                  () => `${subject.name}, instance ${n} of ${many.length}, the ${end} bounds by ${method}`,
                  together[end][n]!,
                  alone[end][0]!,
                  subject.tolerance,
                );
              }
            });
          }
        }
      },
      6,
    ),
};

/** In float32, where the reference computes in float64. */
const SINGLE = 1e-4;

export const runtimesAgree: OperatorLaw = {
  name: "is bounded by ONNX Runtime as by the reference",
  applies: hasBounds,
  check: async (subject) => {
    const executor = onnxRuntimeExecutor({ threads: 1 });
    for (const output of subject.bounded) {
      for (const method of ["ibp", "crown"]) {
        const rows = method === "crown";
        const { program, feeds } = subject.recording(method, { output, rows });
        const compiled = await executor.compile(program);
        try {
          await forAllAsync(
            subject.settings,
            fc.tuple(fc.nat(), ...Array.from({ length: INSTANCES }, () => boxesOf(subject))),
            async ([seed, ...many]) => {
              const fed = feeds(
                many,
                rows ? subject.alone.rows(output, rowsFor(sizeOf(subject.alone.outputShape(output)), 3, seed)) : {},
              );
              const [actual, expected] = [await compiled.run(fed), evaluateProgram(program, fed)];
              for (const end of ["lower", "upper"]) {
                const what = () =>
                  `${subject.name}, ${many.map(describeBoxes).join(" and ")}, ` +
                  `the ${end} bounds by ${method} in ONNX Runtime`;
                demandEqual(what, actual[end]!.data, expected[end]!.data, subject.example.singleTolerance ?? SINGLE);
              }
            },
            3,
          );
        } finally {
          await compiled.dispose();
        }
      }
    }
  },
};

/** By other laws. */
const ASKED_ELSEWHERE: readonly string[] = ["ibp", "crown"];

export const everyMethodIsSound: OperatorLaw = {
  name: "is bounded soundly by every method of core",
  applies: hasBounds,
  check: async (subject) => {
    for (const output of subject.bounded) {
      for (const { name, improves } of standardMethods) {
        if (ASKED_ELSEWHERE.includes(name)) continue;
        if (improves === undefined) methodIsSound(subject, output, name);
        else if (hasFreeValues(subject, output)) await alphaIsSound(subject, output, name);
      }
    }
  },
};

function methodIsSound(subject: OperatorSubject, output: number, method: string): void {
  const recording = subject.recording(method, { setting: "in company", output });
  forAll(
    subject.settings,
    trials(subject),
    ({ boxes, seed }) => {
      const { lower, upper } = recording.run([boxes]);
      for (const value of subject.alone.forward(pointsIn(boxes, 10, seed, subject.example.points))) {
        demandInside(
          () => `${subject.name}, ${describeBoxes(boxes)}, by ${method}`,
          lower[0]!,
          value[output]!,
          upper[0]!,
          subject.tolerance,
        );
      }
    },
    5,
  );
}

/** A few steps of an optimization, run by core itself. */
async function alphaIsSound(subject: OperatorSubject, output: number, method: string): Promise<void> {
  const { model } = subject.company;
  await forAllAsync(
    subject.settings,
    trials(subject),
    async ({ boxes, seed }) => {
      const { lower, upper } = await model.bounds(subject.company.inputsOf(boxes), {
        method,
        output: model.outputs[output]!,
        ...steps(3),
      });
      for (const value of subject.alone.forward(pointsIn(boxes, 10, seed, subject.example.points))) {
        demandInside(
          () => `${subject.name}, ${describeBoxes(boxes)}, by ${method}`,
          lower,
          value[output]!,
          upper,
          subject.tolerance,
        );
      }
    },
    2,
  );
}
