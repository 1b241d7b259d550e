import fc from "fast-check";
import { evaluateProgram, Vocabulary } from "@lirpa/core/recording";
import { perturbed } from "@lirpa/core";
import type { Perturbation, PerturbationQuery } from "@lirpa/core/plugin";
import { onnxRuntimeExecutor } from "@lirpa/executor-onnxruntime";
import { referenceLirpa } from "../kit/network.js";
import { demandEqual, demandFinite, demandInside, dot, show, slackOf, tensor, type Numbers } from "../kit/numbers.js";
import { KIT, kitPlugin } from "../kit/plugin.js";
import { randomFrom } from "../kit/random.js";
import { sameComputation } from "../kit/same-computation.js";
import { forAll, forAllAsync, LawBroken } from "../settings.js";
import type { PerturbationLawName } from "./case.js";
import { PerturbationSubject, type Question } from "./subject.js";

/** Something that must hold of every perturbation. It throws where the subject breaks it. */
export interface PerturbationLaw {
  readonly name: string;
  /** The perturbations that it is about; all where absent. */
  readonly concerns?: (perturbation: Perturbation) => boolean;
  /** The cases of which it can be asked; all where absent. */
  readonly applies?: (subject: PerturbationSubject) => boolean;
  readonly check: (subject: PerturbationSubject) => void | Promise<void>;
}

const SAMPLES = 40;
/** Loose enough for roots and powers that return what they came from. */
const ROUNDTRIP = 1e-6;

/** Coefficients on a grid, and a seed for samples. */
function directions({ size }: PerturbationSubject): fc.Arbitrary<{ a: number[]; seed: number }> {
  const grid = fc.integer({ min: -64, max: 64 }).map((n) => n / 16);
  return fc.record({ a: fc.array(grid, { minLength: size, maxLength: size }), seed: fc.nat() });
}

function samplesOf(subject: PerturbationSubject, seed: number): number[][] {
  const random = randomFrom(seed);
  return Array.from({ length: SAMPLES }, () => subject.sample(random));
}

/** What ⟨a, x⟩ may lose, by the size of its terms. */
function slack(subject: PerturbationSubject, a: Numbers, x: Numbers): number {
  return subject.tolerance * (1 + dot(Array.from(a, Math.abs), Array.from(x, Math.abs)));
}

const parsesPurely: PerturbationLaw = {
  name: "parses a query into plain data, without changing it",
  check: ({ perturbation, example, site, name }) => {
    const query = deepFrozen(structuredClone(example.query) as Record<string, unknown>) as PerturbationQuery;
    const before = site.center.data.slice();
    const [first, second] = [perturbation.parse(query, site), perturbation.parse(query, site)];
    demandEqual(`${name}: the center after parsing`, site.center.data, before, 0);
    const text = JSON.stringify(first.structure);
    if (text !== JSON.stringify(second.structure)) throw new LawBroken(`${name}: parsed twice, the structure differs`);
    // What identifies a program must survive being written down.
    if (text !== undefined && JSON.stringify(JSON.parse(text)) !== text)
      throw new LawBroken(`${name}: the structure is not plain JSON`);
    if (first.structure !== undefined && !isPlain(first.structure))
      throw new LawBroken(`${name}: the structure ${text} is not plain JSON`);
    for (const [key, value] of Object.entries(first.values)) {
      demandEqual(`${name}: ${key}, parsed twice`, second.values[key]!.data, value.data, 0);
      if (value.data.length !== value.shape.reduce((a, b) => a * b, 1))
        throw new LawBroken(
          `${name}: ${key} has ${value.data.length} numbers and the shape [${value.shape.join(", ")}]`,
        );
    }
  },
};

function deepFrozen<T extends Readonly<Record<string, unknown>>>(value: T): T {
  for (const part of Object.values(value))
    if (typeof part === "object" && part !== null && !ArrayBuffer.isView(part))
      deepFrozen(part as Record<string, unknown>);
  return Object.freeze(value);
}

function isPlain(value: unknown): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || ArrayBuffer.isView(value)) return false;
  return Object.values(value).every((part) => part === undefined || isPlain(part));
}

function questions({ perturbation }: PerturbationSubject): Question[] {
  return ["hull", "concretize", "project", ...(perturbation.concretizeRange === undefined ? [] : (["range"] as const))];
}

const recordsTheSame: PerturbationLaw = {
  name: "records the same computation every time",
  check: (subject) => {
    for (const question of questions(subject)) {
      const t = new Vocabulary();
      const [first, second] = [subject.record(question, t), subject.record(question, t)];
      for (const key of Object.keys(first)) {
        if (!sameComputation(first[key]!, second[key]!))
          throw new LawBroken(`${subject.name}: ${question} recorded twice gives two different computations`);
      }
    }
  },
};

const hullContainsSamples: PerturbationLaw = {
  name: "has a hull that contains its samples and its center",
  check: (subject) => {
    const { lower, upper } = subject.ask("hull");
    demandInside(`${subject.name}, the center`, lower!, subject.site.center.data, upper!, subject.tolerance);
    forAll(subject.settings, fc.nat(), (seed) => {
      for (const sample of samplesOf(subject, seed))
        demandInside(`${subject.name}, the sample ${show(sample)}`, lower!, sample, upper!, subject.tolerance);
    });
  },
};

const samplesAreInside: PerturbationLaw = {
  name: "draws samples that projection leaves where they are",
  check: (subject) =>
    forAll(subject.settings, fc.nat(), (seed) => {
      for (const sample of samplesOf(subject, seed).slice(0, 12)) {
        demandEqual(
          `${subject.name}, the projection of the sample ${show(sample)}`,
          subject.ask("project", { x: sample })["point"]!,
          sample,
          ROUNDTRIP,
        );
      }
    }),
};

const concretizationCoversSamples: PerturbationLaw = {
  name: "concretizes to no less than any sample",
  check: (subject) =>
    forAll(subject.settings, directions(subject), ({ a, seed }) => {
      const { lower, upper } = subject.ask("concretize", { a });
      for (const sample of samplesOf(subject, seed)) {
        const [value, room] = [dot(a, sample), slack(subject, a, sample)];
        if (!(lower![0]! <= value + room && upper![0]! >= value - room)) {
          throw new LawBroken(
            `${subject.name}: ⟨${show(a)}, ${show(sample)}⟩ is ${value}, outside [${lower![0]}, ${upper![0]}]`,
          );
        }
      }
    }),
};

/** The extremes of ⟨a, x⟩ over a box. */
function overBox(a: Numbers, lower: Numbers, upper: Numbers): readonly [number, number] {
  const pick = (positive: Numbers, negative: Numbers): number =>
    dot(
      a,
      Array.from(a, (value, i) => (value >= 0 ? positive[i]! : negative[i]!)),
    );
  return [pick(lower, upper), pick(upper, lower)];
}

const concretizationWithinHull: PerturbationLaw = {
  name: "concretizes to no more than its hull",
  check: (subject) => {
    const hull = subject.ask("hull");
    forAll(subject.settings, directions(subject), ({ a }) => {
      const { lower, upper } = subject.ask("concretize", { a });
      const [least, most] = overBox(a, hull["lower"]!, hull["upper"]!);
      const room = slack(subject, a, hull["upper"]!) + slack(subject, a, hull["lower"]!);
      if (!(lower![0]! >= least - room && upper![0]! <= most + room && lower![0]! <= upper![0]! + room)) {
        throw new LawBroken(
          `${subject.name}: [${lower![0]}, ${upper![0]}] in the direction ${show(a)}, ` +
            `but the hull has [${least}, ${most}]`,
        );
      }
    });
  },
};

/**
 * The gradient of the greatest ⟨a, x⟩ in a is the x at which it is reached: a point of the set, if the rule is exact.
 */
const concretizationIsReached: PerturbationLaw = {
  name: "concretizes to what a point of the set reaches",
  check: (subject) =>
    forAll(subject.settings, directions(subject), ({ a, seed }) => {
      const random = randomFrom(seed);
      // Off the grid: where two coefficients are equal or one is zero, there may be no one gradient.
      const generic = a.map((value) => value + (random() < 0.5 ? -1 : 1) * (0.01 + 0.02 * random()));
      const { upper, farthest } = subject.ask("concretize", { a: generic });
      const room = ROUNDTRIP * (1 + Math.abs(upper![0]!) + dot(generic.map(Math.abs), farthest!.map(Math.abs)));
      const reached = dot(generic, farthest!);
      if (!(Math.abs(reached - upper![0]!) <= room))
        throw new LawBroken(
          `${subject.name}, in the direction ${show(generic)}: the maximum is ${upper![0]}, ` +
            `but ${show(farthest!)} reaches ${reached}`,
        );
      const { point } = subject.ask("project", { x: farthest! });
      demandEqual(
        `${subject.name}, in the direction ${show(generic)}: ` +
          `the projection of the point ${show(farthest!)} that reaches the maximum`,
        point!,
        farthest!,
        1e-5,
      );
    }),
};

const projectionLands: PerturbationLaw = {
  name: "projects into the set",
  check: (subject) => {
    const hull = subject.ask("hull");
    forAll(subject.settings, directions(subject), ({ a, seed }) => {
      const random = randomFrom(seed);
      const x = Array.from(subject.site.center.data, (value) => value + (random() * 2 - 1) * 3);
      const point = subject.ask("project", { x })["point"]!;
      demandFinite(`${subject.name}, the projection of ${show(x)}`, point);
      demandInside(`${subject.name}, the projection of ${show(x)}`, hull["lower"]!, point, hull["upper"]!, ROUNDTRIP);
      const outwards = point.map((value, i) => value - subject.site.center.data[i]!);
      for (const b of [a, outwards]) {
        const { upper } = subject.ask("concretize", { a: b });
        const room = ROUNDTRIP * (1 + dot(b.map(Math.abs), point.map(Math.abs)));
        if (!(dot(b, point) <= upper![0]! + room))
          throw new LawBroken(
            `${subject.name}: the projection ${show(point)} of ${show(x)} lies outside, by the direction ${show(b)}`,
          );
      }
      demandEqual(
        `${subject.name}, the projection of the projection of ${show(x)}`,
        subject.ask("project", { x: point })["point"]!,
        point,
        ROUNDTRIP,
      );
    });
  },
};

const rangesCoverCoefficients: PerturbationLaw = {
  name: "concretizes a range of coefficients to no less than any of them at any sample",
  concerns: ({ concretizeRange }) => concretizeRange !== undefined,
  check: (subject) =>
    forAll(subject.settings, directions(subject), ({ a, seed }) => {
      const random = randomFrom(seed);
      const high = a.map((value) => value + (random() < 0.3 ? 0 : random() * 2));
      const { lower, upper } = subject.ask("range", { low: a, high });
      for (const sample of samplesOf(subject, seed)) {
        const b = a.map((low, i) =>
          random() < 0.5 ? low : random() < 0.5 ? high[i]! : low + random() * (high[i]! - low),
        );
        const [value, room] = [dot(b, sample), slack(subject, b, sample)];
        if (!(lower![0]! <= value + room && upper![0]! >= value - room)) {
          throw new LawBroken(
            `${subject.name}: ⟨${show(b)}, ${show(sample)}⟩ with coefficients in ${show(a)} … ${show(high)} ` +
              `is ${value}, outside [${lower![0]}, ${upper![0]}]`,
          );
        }
      }
    }),
};

const boxesAreHulls: PerturbationLaw = {
  name: "calls itself a box only where it is its hull",
  applies: ({ perturbation, set }) => perturbation.isBox(set.structure),
  check: (subject) => {
    const hull = subject.ask("hull");
    forAll(subject.settings, directions(subject), ({ a }) => {
      const { lower, upper } = subject.ask("concretize", { a });
      demandEqual(
        `${subject.name}, a box, in the direction ${show(a)}`,
        [lower![0]!, upper![0]!],
        overBox(a, hull["lower"]!, hull["upper"]!),
        1e3 * subject.tolerance,
      );
    });
  },
};

const finiteAtZero: PerturbationLaw = {
  name: "is finite for coefficients that are zero, tiny and large",
  check: (subject) => {
    const base = Array.from({ length: subject.size }, (_, i) => (i % 2 === 0 ? 1 : -1));
    for (const scale of [0, 1e-30, 1e-9, 1e4]) {
      const answers = subject.ask("concretize", { a: base.map((value) => value * scale) });
      for (const [key, values] of Object.entries(answers))
        demandFinite(`${subject.name}, coefficients ±${scale}: ${key === "farthest" ? "the gradient" : key}`, values);
      if (scale === 0)
        for (const side of ["lower", "upper"])
          demandEqual(
            `${subject.name}, coefficients 0: ${side}`,
            answers[side]!,
            [0],
            slackOf(1e-9, subject.site.center.data),
          );
    }
    demandFinite(
      `${subject.name}, the projection of the center`,
      subject.ask("project", { x: subject.site.center.data })["point"]!,
    );
  },
};

const instancesAreApart: PerturbationLaw = {
  name: "bounds one instance as its row of many",
  applies: ({ site, example }) =>
    site.role === "input" &&
    site.shape.length > 0 &&
    (example.queryOfTwo !== undefined || !Object.values(example.query).some((field) => typeof field === "object")),
  check: async (subject) => {
    const { site, size, example } = subject;
    const random = randomFrom(size * 7);
    const matrix = tensor(
      [size, 2],
      Array.from({ length: size * 2 }, () => random() * 2 - 1),
    );
    const model = referenceLirpa([subject.plugin, kitPlugin]).model({
      name: "rows",
      inputs: [{ name: "x", shape: site.shape, dtype: "float" }],
      outputs: ["y"],
      initializers: new Map([
        ["matrix", matrix],
        ["offset", tensor([2], [0, 0])],
      ]),
      nodes: [
        {
          name: "mix",
          type: "Mix",
          domain: KIT,
          inputs: ["x", "matrix", "offset"],
          outputs: ["y"],
          attributes: { shape: [1, 2] },
        },
      ],
      opsets: new Map([[KIT, 1]]),
    });
    const center = Array.from(site.center.data);
    const other = example.queryOfTwo === undefined ? center.map((value) => value * 0.5 + 0.25) : center;
    const [first, second] = [
      await model.bounds({ x: perturbed(center, example.query) }),
      await model.bounds({ x: perturbed(other, example.query) }),
    ];
    const both = await model.bounds({ x: perturbed([...center, ...other], example.queryOfTwo ?? example.query) });
    for (const end of ["lower", "upper"] as const) {
      const expected = example.queryOfTwo === undefined ? [...first[end], ...second[end]] : [...first[end]];
      demandEqual(
        `${subject.name}, the ${end} bounds of two instances`,
        Array.from(both[end]).slice(0, expected.length),
        expected,
        subject.tolerance,
      );
    }
  },
};

const runtimesAgree: PerturbationLaw = {
  name: "is computed by ONNX Runtime as by the reference",
  check: async (subject) => {
    const executor = onnxRuntimeExecutor({ threads: 1 });
    for (const question of questions(subject)) {
      const program = subject.program(question);
      const compiled = await executor.compile(program);
      try {
        await forAllAsync(
          subject.settings,
          directions(subject),
          async ({ a }) => {
            const all = subject.feeds({ a, x: a, low: a, high: a.map((value) => value + 1) });
            const feeds = Object.fromEntries(program.inputs.map(({ name }) => [name, all[name]!]));
            const [actual, expected] = [await compiled.run(feeds), evaluateProgram(program, feeds)];
            for (const key of Object.keys(expected)) {
              if (key !== "farthest")
                demandEqual(
                  `${subject.name}, ${question} (${key}) in ONNX Runtime`,
                  actual[key]!.data,
                  expected[key]!.data,
                  1e-4,
                );
            }
          },
          4,
        );
      } finally {
        await compiled.dispose();
      }
    }
  },
};

/** Every law of perturbations. */
export const perturbationLaws: Readonly<Record<PerturbationLawName, PerturbationLaw>> = Object.freeze({
  parsesPurely,
  recordsTheSame,
  hullContainsSamples,
  samplesAreInside,
  concretizationCoversSamples,
  concretizationWithinHull,
  concretizationIsReached,
  projectionLands,
  rangesCoverCoefficients,
  boxesAreHulls,
  finiteAtZero,
  instancesAreApart,
  runtimesAgree,
});
