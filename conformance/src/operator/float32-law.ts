import { composeLirpa, standardMethods, type Model } from "@lirpa/core";
import { onnxRuntimeExecutor } from "@lirpa/executor-onnxruntime";
import { Network, referenceLirpa, type Point } from "../kit/network.js";
import { chunks } from "../kit/numbers.js";
import { randomFrom } from "../kit/random.js";
import { LawBroken, seedOf } from "../settings.js";
import { hasBounds, type OperatorLaw } from "./law.js";
import { PlacedSubject, placements, type Placement } from "./placed.js";
import { pluginsFor } from "./subject.js";
import { steps } from "../kit/steps.js";

/** Instances of one program: each has its own offsets, masks, weights and radii. */
const INSTANCES = 48;
const POINTS = 6;
/** Ways in which every operand is moved by its own rounding, up or down. */
const SHIFTS = 8;

/** Half a unit in the last place of a float32. */
const HALF_ULP = 2 ** -24;
/** Roundings of an operand on its way to the operator: scaled, added to, concretized. */
const OPERAND_ROUNDINGS = 8;
/** Roundings of the values themselves: sums of as many terms as the small cases of a kit have. */
const VALUE_ROUNDINGS = 64;
/** The shifts do not meet the worst combination of signs. */
const SHIFT_MARGIN = 4;
/** Sums of values that come near the last float32 have no number on the way. */
const MOST_OF_A_ROW = 1e37;
/** The last float, rounded down. */
const LAST = 3.4e38;
/** Squares of operands beyond it are no float32. */
const NO_SQUARE = 1e19;

const ITERATIONS = 4;

/**
 * Bounds in float32, far from zero: behind offsets and masks, under large and small weights, over points and wide
 * boxes. They hold the values in float64 up to a rounding that is stated: what the values change by where each operand
 * moves by its own rounding (a few units in the last place of the terms that it is the sum of), and a few units in the
 * last place of the values. What hangs on digits that cancelled is outside of that.
 */
export const soundInFloat32: OperatorLaw = {
  name: "is computed and bounded soundly in float32, far from zero, by every method",
  applies: hasBounds,
  check: async (subject) => {
    const plugins = pluginsFor(subject.operator, subject.settings.plugins ?? []);
    const placed = new PlacedSubject(subject);
    const reference = new Network(placed.graph, referenceLirpa(plugins));
    const instances = placements(placed, INSTANCES, seedOf(subject.settings));
    const single = composeLirpa({ plugins, executor: onnxRuntimeExecutor({ threads: 1 }) });
    try {
      const model = single.model(placed.graph);
      const judgements = await judge(placed, reference, model, instances);
      for (const { name } of standardMethods) {
        for (const output of placed.mixed.keys()) {
          const bounds = await model.bounds(placed.feeds(instances), {
            method: name,
            output: placed.mixed[output]!,
            ...steps(ITERATIONS),
          });
          const [lower, upper] = [chunks(bounds.lower, INSTANCES), chunks(bounds.upper, INSTANCES)];
          judgements.forEach((judgement, n) => judgement?.demand(output, name, { lower: lower[n]!, upper: upper[n]! }));
        }
      }
    } finally {
      await single.dispose();
    }
  },
};

/** Outputs at the points of one instance, in order. */
type Values = readonly (readonly (readonly number[])[])[];

/** For each instance what its bounds must hold; undefined where float32 has no numbers for the function itself. */
async function judge(
  placed: PlacedSubject,
  reference: Network,
  model: Model,
  instances: readonly Placement[],
): Promise<(Judgement | undefined)[]> {
  const samples = instances.map((placement, n) => placement.points(POINTS, randomFrom(n + 1)));
  const computed = await placed.valuesOf(model, samples);
  return instances.map((placement, n) => {
    const random = randomFrom(n + 1);
    const values = reference.forward(samples[n]!);
    const moved = samples[n]!.map((point) => reference.forward(shifts(placement, point, random)));
    const judgement = new Judgement(placed, placement, values, moved);
    const wrong = judgement.differing(computed[n]!);
    if (wrong === undefined) return judgement;
    if (
      placement.reach < NO_SQUARE &&
      values.every((value) => value.every((list) => list.every((x) => Math.abs(x) < MOST_OF_A_ROW)))
    )
      throw new LawBroken(wrong);
    return undefined;
  });
}

/** The point, with every operand moved by its rounding. */
function shifts(placement: Placement, point: Point, random: () => number): Point[] {
  // By less than all of it, too: what oscillates may come back to where it was.
  const by = (k: number): number => (k === 0 ? 1 : k === 1 ? -1 : 2 * random() - 1);
  return Array.from({ length: SHIFTS }, (_, k) => placement.moved(point, OPERAND_ROUNDINGS * HALF_ULP, () => by(k)));
}

/** What one instance demands. */
class Judgement {
  /** For each output and row of it what rounding may lose. */
  private readonly slack: readonly (readonly number[])[];
  private readonly sizes: readonly (readonly number[])[];
  private readonly isAtLast: readonly boolean[];

  constructor(
    private readonly placed: PlacedSubject,
    private readonly placement: Placement,
    private readonly values: Values,
    moved: readonly Values[],
  ) {
    const count = placed.mixed.length;
    const over = (of: (output: number, at: number) => number): number[][] =>
      placed.mixed.map((_, output) =>
        placed.overRows(
          output,
          values[0]![count + output]!.map((__, at) => of(count + output, at)),
        ),
      );
    this.sizes = over((output, at) => Math.max(...values.map((value) => Math.abs(value[output]![at]!))));
    this.isAtLast = placed.mixed.map((_, output) =>
      values.some((value) => value[count + output]!.some((y) => Math.abs(y) >= LAST)),
    );
    const changes = over((output, at) =>
      Math.max(
        ...values.map((value, p) =>
          Math.max(...moved[p]!.map((other) => Math.abs(other[output]![at]! - value[output]![at]!))),
        ),
      ),
    );
    this.slack = changes.map((rows, output) =>
      rows.map((change, row) => SHIFT_MARGIN * change + VALUE_ROUNDINGS * HALF_ULP * (1 + this.sizes[output]![row]!)),
    );
  }

  /** Values that are not those of this instance, in words. */
  differing(computed: Values): string | undefined {
    for (const [p, value] of this.values.entries()) {
      for (const [output, rows] of this.slack.entries()) {
        const row = rows.findIndex(
          (slack, at) => !(Math.abs(computed[p]![output]![at]! - value[output]![at]!) <= slack),
        );
        if (row >= 0)
          return `${this.words}: row ${row} is ${value[output]![row]}, and ${computed[p]![output]![row]} in float32`;
      }
    }
    return undefined;
  }

  demand(
    output: number,
    method: string,
    { lower, upper }: { readonly lower: readonly number[]; readonly upper: readonly number[] },
  ): void {
    for (const value of this.values) {
      value[output]!.forEach((entry, row) => {
        const slack = this.slack[output]![row]!;
        // Nor have coefficients of a sum of products with it.
        const most = this.placed.isUnit(output, row)
          ? this.sizes[output]![row]!
          : Math.max(this.sizes[output]![row]!, this.placement.reach);
        if (most > MOST_OF_A_ROW) return;
        // What is rounded beyond the last float is infinite, and no number in a sum with coefficients of zero.
        if (this.isAtLast[output]! && (Number.isNaN(lower[row]) || Number.isNaN(upper[row]))) return;
        if (lower[row]! <= entry + slack && upper[row]! >= entry - slack) return;
        throw new LawBroken(
          `${this.words}, by ${method}: row ${row} is ${entry}, outside [${lower[row]}, ` +
            `${upper[row]}] by more than ${slack.toPrecision(3)}`,
        );
      });
    }
  }

  private get words(): string {
    return `${this.placed.subject.name}, ${this.placement.words}`;
  }
}
