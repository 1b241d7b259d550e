import { perturbed, type BoundInput, type Model } from "@lirpa/core";
import type { Shape } from "@lirpa/core/plugin";
import fc from "fast-check";
import { LawBroken } from "../settings.js";
import { sizeOf } from "./numbers.js";
import { reals } from "./reals.js";
import { testing } from "./testing.js";

interface Box {
  readonly lower: readonly number[];
  readonly upper: readonly number[];
  readonly points: readonly (readonly number[])[];
}

type InputBoxes = Readonly<Record<string, Box>>;

/** Which boxes are tried. */
export interface Range {
  /** No element lies below. */
  readonly least?: number;
  /** Elements are about this great; 3 where absent. */
  readonly scale?: number;
}

const POINTS = 8;

/** A box around each input of a model, with points in it, many of them corners. Some boxes have no width. */
function boxes(model: Model, { least = -Infinity, scale = 3 }: Range): fc.Arbitrary<InputBoxes> {
  const width = fc.oneof(fc.constant(0), reals(0, scale), reals(0, scale / 100));
  const share = fc.oneof(fc.constantFrom(0, 1), reals(0, 1));
  const element = fc
    .tuple(
      fc.oneof(reals(-scale, scale), fc.constant(0)),
      width,
      fc.array(share, { minLength: POINTS, maxLength: POINTS }),
    )
    .map(([at, size, shares]) => {
      const lower = Math.max(least, at - size);
      const upper = Math.max(lower, at + size);
      return { lower, upper, points: shares.map((part) => Math.min(upper, lower + part * (upper - lower))) };
    });
  const box = (shape: Shape): fc.Arbitrary<Box> => {
    const length = sizeOf(shape);
    return fc.array(element, { minLength: length, maxLength: length }).map((elements) => ({
      lower: elements.map(({ lower }) => lower),
      upper: elements.map(({ upper }) => upper),
      points: Array.from({ length: POINTS }, (_, i) => elements.map(({ points }) => points[i]!)),
    }));
  };
  return fc.record(Object.fromEntries(model.inputs.map(({ name, shape }) => [name, box(shape)])));
}

function queries(all: InputBoxes, upper: "lower" | "upper"): Record<string, BoundInput> {
  return Object.fromEntries(
    Object.entries(all).map(([name, box]) => [
      name,
      perturbed(box.lower, { type: "lirpa.kit.box", lower: box.lower, upper: box[upper] }),
    ]),
  );
}

function inputs(all: InputBoxes, of: (box: Box) => readonly number[]): Record<string, readonly number[]> {
  return Object.fromEntries(Object.entries(all).map(([name, box]) => [name, of(box)]));
}

/**
 * Registers that the bounds of a model with one output `y` hold all values over a box, by every method, and are exact
 * at a point.
 */
export function itHoldsItsValues(model: Model, range: Range = {}): void {
  const { it } = testing();
  for (const method of ["ibp", "crown-ibp", "crown"]) {
    it(`bounds its values by ${method}`, () =>
      fc.assert(
        fc.asyncProperty(boxes(model, range), async (all) => {
          const { lower, upper } = await model.bounds(queries(all, "upper"), { method });
          for (let i = 0; i < POINTS; i++) {
            const { y } = await model.forward(inputs(all, ({ points }) => points[i]!));
            y!.data.forEach((value, at) => {
              const slack = 1e-9 * (1 + (range.scale ?? 1) + Math.abs(lower[at]!) + Math.abs(upper[at]!));
              if (!(lower[at]! <= value + slack && upper[at]! >= value - slack))
                throw new LawBroken(`element ${at} is ${value}, outside [${lower[at]}, ${upper[at]}]`);
            });
          }
        }),
        { numRuns: 25 },
      ));
  }

  it("is exact where the box is a point", () =>
    fc.assert(
      fc.asyncProperty(boxes(model, range), async (all) => {
        const { lower, upper } = await model.bounds(queries(all, "lower"), { method: "crown" });
        const { y } = await model.forward(inputs(all, (box) => box.lower));
        y!.data.forEach((value, at) => {
          const slack = 1e-6 * (1 + Math.abs(value));
          if (!(Math.abs(lower[at]! - value) <= slack && Math.abs(upper[at]! - value) <= slack))
            throw new LawBroken(`element ${at} is ${value}, its bounds are ${lower[at]} and ${upper[at]}`);
        });
      }),
      { numRuns: 10 },
    ));
}
