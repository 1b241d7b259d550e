import fc from "fast-check";
import { evaluateProgram, type Method } from "@lirpa/core/recording";
import { standardMethods, type Graph } from "@lirpa/core";
import type { HostTensor, Plugin } from "@lirpa/core/plugin";
import { onnxRuntimeExecutor } from "@lirpa/executor-onnxruntime";
import { describeBoxes, networkTrials, pointBox, pointsIn, rowsFor } from "../kit/boxes.js";
import { cutAtFacts, WIDEN, widenedAtFacts } from "../kit/facts.js";
import { FREE, marked, markedMethods } from "../kit/marked-methods.js";
import { Network, referenceLirpa, type Boxes, type Ends, type Recording } from "../kit/network.js";
import { demandEqual, demandInside, dot, sizeOf, slackOf, tensor } from "../kit/numbers.js";
import { kitPlugin } from "../kit/plugin.js";
import { randomFrom } from "../kit/random.js";
import { steps } from "../kit/steps.js";
import { forAll, forAllAsync, LawBroken, type Settings } from "../settings.js";

export type MethodLawName =
  | "boundsContainSamples"
  | "rowsContainSamples"
  | "rowsAreElements"
  | "exactAtPoints"
  | "optimizingNeverLoosens"
  | "marksAreSound"
  | "reliesOnFacts"
  | "recordsTheSame"
  | "instancesAreApart"
  | "runtimesAgree";

/** A method and the network on which it is tried. */
export class MethodSubject {
  readonly network: Network;
  readonly outputs: readonly number[];
  /** Whether it is recorded by a recipe, which laws about recordings ask for. */
  readonly isRecorded: boolean;

  constructor(
    readonly method: Method,
    graph: Graph,
    readonly settings: Settings,
    plugins: readonly Plugin[] = [],
  ) {
    this.isRecorded = method.recipe !== undefined;
    const others = standardMethods.filter(({ name }) => name !== method.name);
    const variants = this.isRecorded ? markedMethods(method) : [];
    this.network = new Network(graph, referenceLirpa([...plugins, kitPlugin], [method, ...others, ...variants]));
    this.outputs = this.network.boundedOutputs();
  }

  /** The method of whose bounds there is one program: of one that optimizes, its bounds before any step. */
  get recorded(): string {
    return this.method.improves === undefined ? this.method.name : marked.plain(this.method.name);
  }

  /** Bounds of all elements of an output: as recorded, or as users get them where no recipe records the method. */
  async ends(output: number, boxes: readonly Boxes[]): Promise<Ends> {
    if (this.isRecorded) return this.network.recording(this.recorded, { output }).run(boxes);
    return this.network.bounds(this.method.name, output, boxes, steps(4));
  }
}

/** Laws about recordings ask for a method that is recorded. */
const isRecorded = ({ isRecorded: is }: MethodSubject): boolean => is;

/** Something that must hold of every method. It throws where the subject breaks it. */
export interface MethodLaw {
  readonly name: string;
  readonly applies?: (subject: MethodSubject) => boolean;
  readonly check: (subject: MethodSubject) => void | Promise<void>;
}

const TOLERANCE = 1e-9;
const SAMPLES = 20;

/** Trials of a law that runs a method as users do: fewer of one that optimizes. */
function runsOf({ method }: MethodSubject, runs: number): number {
  return method.improves === undefined ? runs : Math.min(runs, 4);
}

const boundsContainSamples: MethodLaw = {
  name: "bounds all samples",
  check: async (subject) => {
    const { method, network, outputs, settings } = subject;
    for (const output of outputs) {
      await forAllAsync(
        settings,
        networkTrials(network),
        async ({ boxes, seed }) => {
          const { lower, upper } = await network.bounds(method.name, output, [boxes], steps(4));
          for (const value of network.forward(pointsIn(boxes, SAMPLES, seed))) {
            const what = (): string => `${network.graph.name}, ${describeBoxes(boxes)}, by ${method.name}`;
            demandInside(what, lower[0]!, value[output]!, upper[0]!, TOLERANCE);
          }
        },
        runsOf(subject, settings.runs ?? 20),
      );
    }
  },
};

/** Which it starts from, and what its steps may only narrow. */
const optimizingNeverLoosens: MethodLaw = {
  name: "is no looser than the method that it improves on",
  applies: ({ method }) => method.improves !== undefined,
  check: async (subject) => {
    const { method, network, outputs, settings } = subject;
    for (const output of outputs) {
      await forAllAsync(
        settings,
        networkTrials(network),
        async ({ boxes }) => {
          const by = async (name: string): Promise<Ends> => network.bounds(name, output, [boxes], steps(4));
          const [{ lower, upper }, before] = [await by(method.name), await by(method.improves!)];
          const slack = slackOf(TOLERANCE, before.lower[0]!, before.upper[0]!);
          lower[0]!.forEach((low, i) => {
            const [first, last] = [before.lower[0]![i]!, before.upper[0]![i]!];
            if (low >= first - slack && upper[0]![i]! <= last + slack) return;
            const where = `${network.graph.name}, ${describeBoxes(boxes)}: element ${i}`;
            const now = `[${low}, ${upper[0]![i]}] by ${method.name}`;
            throw new LawBroken(`${where} has ${now}, and [${first}, ${last}] by ${method.improves}`);
          });
        },
        runsOf(subject, 6),
      );
    }
  },
};

/** What a method records of rows, by name, in some of its variants. */
type Variants = (subject: MethodSubject, output: number) => Readonly<Record<string, Recording>>;

function rowLaw(variants: Variants): MethodLaw["check"] {
  return (subject) => {
    const { network, outputs, settings } = subject;
    for (const output of outputs) {
      for (const [name, recording] of Object.entries(variants(subject, output))) {
        forAll(settings, networkTrials(network), ({ boxes, seed }) => {
          const rows = rowsFor(sizeOf(network.outputShape(output)), 3, seed);
          const { lower, upper } = recording.run([boxes], {
            ...network.rows(output, rows),
            ...shares(recording.program.inputs, seed),
          });
          for (const value of network.forward(pointsIn(boxes, SAMPLES, seed))) {
            const truth = rows.map((row) => dot(row, value[output]!));
            demandInside(
              () => `${network.graph.name}, ${describeBoxes(boxes)}, rows by ${name}`,
              lower[0]!,
              truth,
              upper[0]!,
              10 * slackOf(TOLERANCE, value[output]!),
            );
          }
        });
      }
    }
  };
}

/** Shares of free ranges and of what bounds are widened by. */
function shares(
  inputs: readonly { readonly name: string; readonly shape: readonly number[] }[],
  seed: number,
): Record<string, HostTensor> {
  const random = randomFrom(seed ^ 0x2545f491);
  return Object.fromEntries(
    inputs.flatMap(({ name, shape }) =>
      name.startsWith(FREE) || name.startsWith(WIDEN)
        ? [
            [
              name,
              tensor(
                [1, 1, ...shape],
                Array.from({ length: sizeOf(shape) }, () => Math.min(1, Math.max(0, random() * 2 - 0.5))),
              ),
            ],
          ]
        : [],
    ),
  );
}

const rowsContainSamples: MethodLaw = {
  name: "bounds rows of all samples",
  applies: isRecorded,
  check: rowLaw(({ method, network, recorded }, output) => ({
    [method.name]: network.recording(recorded, { output, rows: true }),
  })),
};

const marksAreSound: MethodLaw = {
  name: "stays sound for every free choice, and when the bounds that it relies on are widened",
  applies: isRecorded,
  check: rowLaw(({ method: { name }, network, recorded }, output) => ({
    [`${name} with random free values`]: network.recording(marked.free(name), { output, rows: true }),
    [`${name} with widened bounds`]: network.recordingOf(
      widenedAtFacts(network.recording(recorded, { output, rows: true }).program),
    ),
  })),
};

/**
 * With its facts fixed, a bound is an affine function of the ends of the boxes: coefficients depend on facts alone. A
 * relaxation that relies on a bound which is no fact bends it, and no analysis of facts would see that bound.
 */
const reliesOnFacts: MethodLaw = {
  name: "relies on no bound that was not recorded as a fact",
  applies: isRecorded,
  check: ({ method, network, recorded, outputs, settings }) => {
    for (const output of outputs) {
      const cut = cutAtFacts(network.recording(recorded, { output, rows: true }).program);
      if (cut === undefined)
        throw new LawBroken(
          `${network.graph.name}: ${method.name} records no fact, and so relies on bounds that are none`,
        );
      const rest = network.recordingOf(cut.rest);
      forAll(
        settings,
        fc.tuple(networkTrials(network), networkTrials(network)),
        ([first, second]) => {
          const between = first.boxes.map(({ lower, upper }, i) => ({
            lower: means(lower, second.boxes[i]!.lower),
            upper: means(upper, second.boxes[i]!.upper),
          }));
          const rows = network.rows(output, rowsFor(sizeOf(network.outputShape(output)), 3, first.seed));
          const facts = evaluateProgram(cut.facts, network.recordingOf(cut.facts).feeds([first.boxes]));
          const at = (boxes: Boxes) => rest.run([boxes], { ...rows, ...facts });
          const [a, b, middle] = [at(first.boxes), at(second.boxes), at(between)];
          for (const end of ["lower", "upper"] as const) {
            demandEqual(
              () => `${network.graph.name}, facts fixed, between two boxes: the ${end} bounds by ${method.name}`,
              middle[end][0]!,
              means(a[end][0]!, b[end][0]!),
              1e-8,
            );
          }
        },
        8,
      );
    }
  },
};

function means(a: ArrayLike<number>, b: ArrayLike<number>): number[] {
  return Array.from(a, (value, i) => (value + b[i]!) / 2);
}

const rowsAreElements: MethodLaw = {
  name: "bounds unit rows no looser than elements",
  applies: isRecorded,
  check: ({ method, network, recorded, outputs, settings }) => {
    for (const output of outputs) {
      const size = sizeOf(network.outputShape(output));
      const unit = Array.from({ length: size }, (_, k) =>
        Array.from({ length: size }, (_element, i) => Number(i === k)),
      );
      const [elements, rows] = [
        network.recording(recorded, { output }),
        network.recording(recorded, { output, rows: true }),
      ];
      forAll(
        settings,
        networkTrials(network),
        ({ boxes }) => {
          const [whole, each] = [elements.run([boxes]), rows.run([boxes], network.rows(output, unit))];
          const slack = slackOf(TOLERANCE, whole.lower[0]!, whole.upper[0]!);
          whole.lower[0]!.forEach((low, i) => {
            if (each.lower[0]![i]! < low - slack || each.upper[0]![i]! > whole.upper[0]![i]! + slack) {
              throw new LawBroken(
                `${network.graph.name}, ${describeBoxes(boxes)}, by ${method.name}: ` +
                  `element ${i} has [${low}, ${whole.upper[0]![i]}], its row [${each.lower[0]![i]}, ` +
                  `${each.upper[0]![i]}]`,
              );
            }
          });
        },
        8,
      );
    }
  },
};

const exactAtPoints: MethodLaw = {
  name: "is exact where the set is a point",
  check: async (subject) => {
    const { method, network, outputs, settings } = subject;
    for (const output of outputs) {
      await forAllAsync(
        settings,
        networkTrials(network),
        async ({ boxes, seed }) => {
          const point = pointsIn(boxes, 3, seed)[2]!;
          const value = network.forward([point])[0]![output]!;
          const { lower, upper } = await subject.ends(output, [pointBox(point)]);
          const where = `${network.graph.name} at a point`;
          const what = (end: string) => (): string => `${where}, the ${end} bound by ${method.name}`;
          demandEqual(what("lower"), lower[0]!, value, TOLERANCE);
          demandEqual(what("upper"), upper[0]!, value, TOLERANCE);
        },
        8,
      );
    }
  },
};

const recordsTheSame: MethodLaw = {
  name: "records the same computation every time",
  applies: isRecorded,
  check: ({ method, network, outputs }) => {
    for (const output of outputs) network.recording(marked.twice(method.name), { output, rows: true });
  },
};

const instancesAreApart: MethodLaw = {
  name: "bounds one instance as its row of many",
  check: async (subject) => {
    const { method, network, outputs, settings } = subject;
    for (const output of outputs) {
      await forAllAsync(
        settings,
        fc.tuple(networkTrials(network), networkTrials(network)),
        async (many) => {
          const together = await subject.ends(
            output,
            many.map(({ boxes }) => boxes),
          );
          for (const [n, { boxes }] of many.entries()) {
            const alone = await subject.ends(output, [boxes]);
            for (const end of ["lower", "upper"] as const) {
              const what = (): string => `${network.graph.name}, instance ${n}, the ${end} bounds by ${method.name}`;
              demandEqual(what, together[end][n]!, alone[end][0]!, TOLERANCE);
            }
          }
        },
        5,
      );
    }
  },
};

const runtimesAgree: MethodLaw = {
  name: "is computed by ONNX Runtime as by the reference",
  applies: isRecorded,
  check: async ({ method, network, recorded, outputs, settings }) => {
    const executor = onnxRuntimeExecutor({ threads: 1 });
    for (const output of outputs) {
      const { program, feeds } = network.recording(recorded, { output });
      const compiled = await executor.compile(program);
      try {
        await forAllAsync(
          settings,
          fc.tuple(networkTrials(network), networkTrials(network)),
          async (many) => {
            const fed = feeds(many.map(({ boxes }) => boxes));
            const [actual, expected] = [await compiled.run(fed), evaluateProgram(program, fed)];
            for (const end of ["lower", "upper"])
              demandEqual(
                () => `${network.graph.name}, the ${end} bounds by ${method.name} in ONNX Runtime`,
                actual[end]!.data,
                expected[end]!.data,
                1e-4,
              );
          },
          4,
        );
      } finally {
        await compiled.dispose();
      }
    }
  },
};

/** Every law of methods. */
export const methodLaws: Readonly<Record<MethodLawName, MethodLaw>> = Object.freeze({
  boundsContainSamples,
  rowsContainSamples,
  rowsAreElements,
  exactAtPoints,
  optimizingNeverLoosens,
  marksAreSound,
  reliesOnFacts,
  recordsTheSame,
  instancesAreApart,
  runtimesAgree,
});
