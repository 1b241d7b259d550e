import { perturbed, standardMethods, type BoundInput } from "@lirpa/core";
import { describeBoxes } from "../kit/boxes.js";
import type { Ends, Network } from "../kit/network.js";
import { chunks, sizeOf, type Numbers } from "../kit/numbers.js";
import { tiltOf, TILTS } from "../kit/plugin.js";
import { LawBroken, seedOf } from "../settings.js";
import { hasBounds, type OperatorLaw } from "./law.js";
import { denseSamples, specialBoxes, type SpecialBox } from "./special-boxes.js";
import type { OperatorSubject } from "./subject.js";
import { steps } from "../kit/steps.js";

/** How many intervals are tried by methods that run once, and by those that optimize. */
const INTERVALS = 3000;
const INTERVALS_OPTIMIZED = 300;
const SAMPLES = 32;
const IN_DOUBLE: readonly string[] = ["ibp", "crown"];

/** In float32: what is lost relative to a value, and relative to what cancels. */
const SINGLE = 1e-4;
/** Some roundings of the largest number that comes up. */
const ULPS = { double: 16 * 2 ** -53, single: 16 * 2 ** -24 };
/** What float32 holds: larger numbers are infinite as it runs. */
const LARGEST = 3.4028234663852886e38;

/** One run: which boxes, in whose bounds, how it rounds. */
interface Tried {
  readonly what: string;
  readonly output: number;
  readonly single: boolean;
}

export const soundAtSpecialPoints: OperatorLaw = {
  name: "is sound around special points, alone and along straight lines, by every method",
  applies: hasBounds,
  check: async (subject) => {
    const size = Math.max(...subject.open.map(({ shape }) => sizeOf(shape)));
    const seed = seedOf(subject.settings);
    const all = specialBoxes(subject, Math.ceil(INTERVALS / size), seed);
    const some = all.slice(0, Math.ceil(INTERVALS_OPTIMIZED / size));
    const judge = new Judge(subject, all, seed);
    const { lirpa, network } = subject.tiltedInSingle();
    try {
      for (let output = 0; output < subject.bounded.length; output++) {
        for (const { name, improves } of standardMethods) {
          const boxes = improves !== undefined ? some : all;
          // In float64 the two ways to carry bounds are enough: it shows what is no rounding.
          const double = { what: `by ${name}`, output, single: false };
          if (IN_DOUBLE.includes(name)) judge.demandSound(double, await boundsOf(subject.tilted, name, output, boxes));
          const single = { what: `by ${name} in ONNX Runtime`, output, single: true };
          judge.demandSound(single, await boundsOf(network, name, output, boxes));
        }
      }
    } finally {
      await lirpa.dispose();
    }
  },
};

/** Bounds of all boxes at once, as instances of one program. */
async function boundsOf(
  { model, graph }: Network,
  method: string,
  output: number,
  all: readonly SpecialBox[],
): Promise<Ends> {
  const inputs = Object.fromEntries(
    graph.inputs.map(({ name }, i): [string, BoundInput] => {
      const lower = all.flatMap(({ boxes }) => Array.from(boxes[i]!.lower));
      const upper = all.flatMap(({ boxes }) => Array.from(boxes[i]!.upper));
      return [
        name,
        perturbed(
          lower.map((low, at) => (low + upper[at]!) / 2),
          { type: "lirpa.kit.box", lower, upper },
        ),
      ];
    }),
  );
  const options = { method, output: model.outputs[output]!, ...steps(2) };
  const { lower, upper } = await model.bounds(inputs, options);
  return { lower: chunks(lower, all.length), upper: chunks(upper, all.length) };
}

/** Samples of all boxes and the function's values there, against which bounds are held. */
class Judge {
  private readonly samples: readonly (readonly (readonly Numbers[])[])[];
  /** By box, sample and output: of y + k x, and of y alone. */
  private readonly values: readonly (readonly (readonly Numbers[])[])[];
  private readonly alone: readonly (readonly (readonly Numbers[])[])[];

  constructor(
    private readonly subject: OperatorSubject,
    private readonly all: readonly SpecialBox[],
    seed: number,
  ) {
    this.samples = all.map((special, n) => denseSamples(special, SAMPLES, seed + n));
    const perBox = <T>(list: readonly T[]): T[][] => all.map((_, n) => list.slice(n * SAMPLES, (n + 1) * SAMPLES));
    this.values = perBox(subject.tilted.forward(this.samples.flat()));
    this.alone = perBox(subject.alone.forward(this.samples.flat()));
  }

  /** Refuses bounds that leave out the value of a sample. Samples without a value count for nothing, all others do. */
  demandSound(tried: Tried, { lower, upper }: Ends): void {
    lower.forEach((least, n) =>
      least.forEach((low, i) => this.demandElement(tried, n, i, least.length, low, upper[n]![i]!)),
    );
  }

  private demandElement(
    { what, output, single }: Tried,
    n: number,
    i: number,
    length: number,
    low: number,
    high: number,
  ): void {
    const size = length / TILTS.length;
    const where = (): string =>
      `${this.subject.name}, ${describeBoxes(this.all[n]!.boxes)}, ${what}, ` +
      `element ${i % size} of y + ${tiltOf(Math.floor(i / size), 0)} x`;
    if (Number.isNaN(low) || Number.isNaN(high)) throw new LawBroken(`${where()}: a bound is no number`);
    const values = this.values[n]!.map((outputs) => outputs[output]![i]!);
    // Ends are rounded relative to each other, where one is far larger.
    const most = values.reduce(
      (greatest, value) => (Number.isFinite(value) ? Math.max(greatest, Math.abs(value)) : greatest),
      0,
    );
    values.forEach((exact, k) => {
      if (Number.isNaN(exact)) return;
      const value = single && Math.abs(exact) > LARGEST ? Math.sign(exact) * Infinity : exact;
      const slack = this.slackOf(exact, this.alone[n]![k]![this.subject.bounded[output]!]![i % size]!, most, single);
      if (low <= value + slack && high >= value - slack) return;
      const at = this.samples[n]![k]!.map((x) => `[${Array.from(x).join(", ")}]`).join(" and ");
      throw new LawBroken(`${where()}: ${value} at ${at}, outside [${low}, ${high}]`);
    });
  }

  /** What cancels in y + k x is rounded relative to its parts. */
  private slackOf(value: number, own: number, most: number, single: boolean): number {
    const {
      tolerance,
      example: { singleTolerance = SINGLE },
    } = this.subject;
    if (!Number.isFinite(value)) return 0;
    const relative = single ? singleTolerance : tolerance;
    return relative * (1 + Math.abs(own) + Math.abs(value - own)) + (single ? ULPS.single : ULPS.double) * most;
  }
}
