import { readFileSync } from "node:fs";
import { expect } from "chai";
import fc from "fast-check";
import { reals } from "@lirpa/conformance/kit";
import { Vocabulary } from "@lirpa/core";
import { boxes, CASES, choosing, contextOf, elementwise, say, violation, type Boxes, type Numbers } from "./cases.test.js";
import plugin from "./index.js";

const COUNT = 25;
const TOLERANCE = 1e-12;
const shares: fc.Arbitrary<Numbers> = fc.array(fc.oneof(fc.constantFrom(0, 1), reals(0, 1)), { minLength: COUNT, maxLength: COUNT });
const asPoints = (lower: Numbers): Boxes => ({ lower, upper: lower, points: lower.map((x) => [x]) });

for (const example of CASES) {
  describe(example.name, () => {
    const { f } = example;

    it("computes its function", () => {
      fc.assert(fc.property(boxes(example, COUNT), ({ lower }) => {
        const t = new Vocabulary();
        const y = t.constantValue(t.node(elementwise(example.type).forward(contextOf(t, example, COUNT), t.constant(lower))))!;
        lower.forEach((x, i) => expect(y.data[i]!).closeTo(f(x), TOLERANCE * (1 + Math.abs(f(x)))));
      }), { numRuns: 5 });
    });

    it("lies between its lines and in its range", () => {
      fc.assert(fc.property(boxes(example, COUNT), (all) => {
        expect(violation(example, all, say(example, all.lower, all.upper))).at.most(TOLERANCE);
      }), { numRuns: 40 });
    });

    it("lies between its lines for every free choice", () => {
      fc.assert(fc.property(boxes(example, COUNT), shares, (all, chosen) => {
        expect(violation(example, all, say(example, all.lower, all.upper, choosing(chosen)))).at.most(TOLERANCE);
      }), { numRuns: 40 });
    });

    it("chooses by default what is free to be chosen", () => {
      fc.assert(fc.property(boxes(example, COUNT), ({ lower, upper }) => {
        say(example, lower, upper, {
          free: (t, chosen, min, max) => {
            expect([...t.constantValue(t.and(t.lessEqual(min, chosen), t.lessEqual(chosen, max)))!.data]).not.include(0);
            return chosen;
          },
        });
      }), { numRuns: 5 });
    });

    it("has no wider a range than it needs", () => {
      fc.assert(fc.property(boxes(example, COUNT), (all) => {
        const { least, most } = say(example, all.lower, all.upper);
        all.points.forEach((points, i) => {
          const extreme = extremes(f, points, all.lower[i]!, all.upper[i]!);
          expect(least[i]!).at.least(extreme.least - 1e-4 * Math.abs(extreme.least) - TOLERANCE);
          expect(most[i]!).at.most(extreme.most + 1e-4 * Math.abs(extreme.most) + TOLERANCE);
        });
      }), { numRuns: 5 });
    });

    it("touches each line somewhere", () => {
      fc.assert(fc.property(boxes(example, COUNT), (all) => {
        const { below, above } = say(example, all.lower, all.upper);
        all.points.forEach((_, i) => {
          const dense = Array.from({ length: 400 }, (_, k) => all.lower[i]! + (k / 399) * (all.upper[i]! - all.lower[i]!));
          const height = (line: typeof below): number[] => dense.map((x) => line.slope[i]! * x + line.intercept[i]! - f(x));
          // A line may touch between two points, by a part of what the function and the line turn from point to point.
          const rise = dense.map((x) => f(x));
          const part = 0.01 * (Math.max(...rise) - Math.min(...rise) + Math.max(...height(above)) - Math.min(...height(below)));
          const slack = part + 1e-9 * (1 + Math.abs(below.intercept[i]!) + Math.abs(above.intercept[i]!));
          expect(Math.max(...height(below))).at.least(-slack);
          expect(Math.min(...height(above))).at.most(slack);
        });
      }), { numRuns: 4 });
    });

    it("is exact where the interval is a point", () => {
      fc.assert(fc.property(boxes(example, COUNT), ({ lower }) => {
        const { below, above, least, most } = say(example, lower, lower);
        const lines = { below: above, above: below, least: most, most: least };
        // Where roots start, their slopes are infinite: no line is near enough.
        expect(violation(example, asPoints(lower), lines)).at.most(example.type === "Sqrt" ? 1e-10 : TOLERANCE);
      }), { numRuns: 5 });
    });

    it("says numbers or nothing on huge and on tiny intervals", () => {
      const ends = [0, 1e-38, 1e-12, 1, 1e4, 1e30].flatMap((size) => [-size, size]);
      const pairs = ends.flatMap((l) => ends.filter((u) => u >= l).map((u) => [l, u] as const));
      const { below, above, least, most } = say(example, pairs.map(([l]) => l), pairs.map(([, u]) => u));
      for (const slopes of [below.slope, above.slope]) expect(slopes.filter((x) => !Number.isFinite(x))).deep.equal([]);
      // An end that there is not is infinite, on its own side.
      for (const lowerEnds of [below.intercept, least]) expect(lowerEnds.filter((x) => !(x < Infinity))).deep.equal([]);
      for (const upperEnds of [above.intercept, most]) expect(upperEnds.filter((x) => !(x > -Infinity))).deep.equal([]);
    });

    if (elementwise(example.type).stable !== undefined) {
      it("calls itself stable where its lines meet", () => {
        fc.assert(fc.property(boxes(example, COUNT), ({ lower, upper }) => {
          const t = new Vocabulary();
          const stable = t.constantValue(t.cast(elementwise(example.type).stable!(contextOf(t, example, COUNT), { lower: t.constant(lower), upper: t.constant(upper) }), "float"))!;
          const { below, above } = say(example, lower, upper);
          lower.forEach((l, i) => {
            if (stable.data[i] === 0) return;
            for (const x of [l, upper[i]!]) expect((above.slope[i]! - below.slope[i]!) * x + above.intercept[i]! - below.intercept[i]!).within(-1e-9, 1e-9);
          });
        }), { numRuns: 10 });
      });
    }
  });
}

describe("The smooth pack", () => {
  it("declares in its manifest what it provides, all of it tested here", () => {
    const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { lirpa: { operators: string[] } };
    expect(manifest.lirpa.operators).deep.equal(plugin.operators.map(({ type }) => type).sort());
    expect(new Set(CASES.map(({ type }) => type))).deep.equal(new Set(manifest.lirpa.operators));
  });
});

/** The least and the greatest value at the given points and on two dense grids: all over, and over the first turn of a wave. */
function extremes(f: (x: number) => number, points: Numbers, l: number, u: number): { least: number; most: number } {
  const grid = (size: number): number[] => Array.from({ length: 1000 }, (_, i) => Math.min(u, l + (i / 999) * size));
  const values = [...points, ...grid(u - l), ...grid(Math.min(u - l, 7))].map(f);
  return { least: Math.min(...values), most: Math.max(...values) };
}
