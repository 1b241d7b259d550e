import { expect } from "chai";
import fc from "fast-check";
import { callsOf, numbersOf, reals } from "@lirpa/conformance/kit";
import { Vocabulary, type IrNode, type Marks } from "@lirpa/core";
import plugin from "./index.js";

const { operator } = callsOf(plugin);

const square = operator("Square", "elementwise");
const ends = fc.tuple(reals(-10, 10), reals(-10, 10)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
const share = reals(0, 1);
const options = { seed: 8 } as const;

function recorded(lower: number, upper: number, marks: Marks = {}) {
  const t = new Vocabulary(undefined, marks);
  return { t, context: { t, attributes: undefined, node: "node" }, interval: { lower: t.constant(lower), upper: t.constant(upper) } };
}

function lines(lower: number, upper: number, marks: Marks = {}) {
  const { t, context, interval } = recorded(lower, upper, marks);
  const number = (x: unknown): number => (typeof x === "number" ? x : numbersOf(t, x).data[0]!);
  const { lower: below, upper: above } = square.relax(context, interval);
  return {
    below: (x: number): number => number(below.slope) * x + number(below.intercept),
    above: (x: number): number => number(above.slope) * x + number(above.intercept),
  };
}

describe("Square", () => {
  it("has the range of x²", () => {
    fc.assert(fc.property(ends, ([lower, upper]) => {
      const { t, context, interval } = recorded(lower, upper);
      const range = square.range!(context, interval);
      const [low, high] = [range.lower, range.upper].map((end) => numbersOf(t, end).data[0]!);
      expect(low).closeTo(lower <= 0 && upper >= 0 ? 0 : Math.min(lower ** 2, upper ** 2), 1e-12);
      expect(high).closeTo(Math.max(lower ** 2, upper ** 2), 1e-12);
    }), options);
  });

  it("lies between its lines, for every free choice", () => {
    fc.assert(fc.property(ends, share, share, ([lower, upper], at, choice) => {
      const x = lower + at * (upper - lower);
      const chosen: Marks = { free: (t, _: IrNode, min, max) => t.add(min, t.mul(t.sub(max, min), choice)) };
      for (const marks of [{}, chosen]) {
        const { below, above } = lines(lower, upper, marks);
        expect(below(x)).at.most(x * x + 1e-9);
        expect(above(x)).at.least(x * x - 1e-9);
      }
    }), options);
  });

  it("meets its upper line at both ends, and its lower line does not fall below its minimum", () => {
    fc.assert(fc.property(ends, share, ([lower, upper], at) => {
      const { below, above } = lines(lower, upper);
      for (const end of [lower, upper]) expect(above(end)).closeTo(end * end, 1e-9);
      expect(below(lower + at * (upper - lower))).at.least(-1e-9);
    }), options);
  });
});
