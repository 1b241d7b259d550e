import { readFileSync } from "node:fs";
import { expect } from "chai";
import fc from "fast-check";
import { Vocabulary } from "@lirpa/core/recording";
import { boxes, CASES, contextOf, elementwise } from "./cases.test.js";
import plugin from "./index.js";

const COUNT = 25;
const TOLERANCE = 1e-12;

for (const example of CASES) {
  it(`${example.name} computes its function`, () => {
    const { f, type } = example;
    fc.assert(
      fc.property(boxes(example, COUNT), ({ lower }) => {
        const t = new Vocabulary();
        const y = t.constantValue(t.node(elementwise(type).forward(contextOf(t, example, COUNT), t.constant(lower))))!;
        lower.forEach((x, i) => expect(y.data[i]!).closeTo(f(x), TOLERANCE * (1 + Math.abs(f(x)))));
      }),
      { numRuns: 5 },
    );
  });
}

describe("The smooth pack", () => {
  it("declares in its manifest what it provides, and its values are tested here", () => {
    const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
      lirpa: { operators: string[] };
    };
    expect(manifest.lirpa.operators).deep.equal(plugin.operators.map(({ type }) => type).sort());
    expect(new Set(CASES.map(({ type }) => type))).deep.equal(new Set(manifest.lirpa.operators));
  });
});
