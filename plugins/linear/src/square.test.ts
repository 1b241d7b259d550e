import { expect } from "chai";
import fc from "fast-check";
import { callsOf, numbersOf, reals } from "@lirpa/conformance/kit";
import { defaultRelax } from "@lirpa/core/plugin";
import { Vocabulary } from "@lirpa/core/recording";
import plugin from "./index.js";

const square = callsOf(plugin).operator("Square", "elementwise");
const ends = fc.tuple(reals(-10, 10), reals(-10, 10)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);

function lines(lower: number, upper: number) {
  const t = new Vocabulary();
  const number = (x: unknown): number => (typeof x === "number" ? x : numbersOf(t, x).data[0]!);
  const interval = { lower: t.constant(lower), upper: t.constant(upper) };
  const { lower: below, upper: above } = defaultRelax(square.relax)(
    { t, attributes: undefined, node: "node" },
    interval,
  );
  return {
    below: (x: number): number => number(below.slope) * x + number(below.intercept),
    above: (x: number): number => number(above.slope) * x + number(above.intercept),
  };
}

describe("Square", () => {
  it("meets its upper line at both ends, and its lower line does not fall below its minimum", () => {
    fc.assert(
      fc.property(ends, reals(0, 1), ([lower, upper], at) => {
        const { below, above } = lines(lower, upper);
        for (const end of [lower, upper]) expect(above(end)).closeTo(end * end, 1e-9);
        expect(below(lower + at * (upper - lower))).at.least(-1e-9);
      }),
      { seed: 8 },
    );
  });
});
