import { reals } from "@lirpa/conformance/kit";
import type { PerturbationQuery, PerturbationSite, SetContext, Tensor } from "@lirpa/core/plugin";
import { Vocabulary } from "@lirpa/core/recording";
import { expect } from "chai";
import fc from "fast-check";
import plugin, { synonym } from "./index.js";

const SLACK = 1e-9;
const WIDTH = 2;

describe("word substitution, a perturbation of a stranger", () => {
  it("is a plugin that core's contract is enough for", () => {
    expect(plugin.perturbations).to.deep.equal([synonym]);
    expect(synonym.type).to.equal("synonym");
  });

  it("bounds a linear form by its least and greatest value over all sentences", () => {
    fc.assert(
      fc.property(sentences, fc.infiniteStream(value), (given, stream) => {
        const set = at(given);
        const a = given.center.map(() => stream.next().value!);
        const all = reachable(given).map((point) => dot(a, point));
        expect(set.concretize(a, "lower")).to.be.closeTo(Math.min(...all), SLACK);
        expect(set.concretize(a, "upper")).to.be.closeTo(Math.max(...all), SLACK);
      }),
    );
  });

  it("has the least and greatest value of each coordinate as its hull, to the last digit", () => {
    fc.assert(
      fc.property(sentences, (given) => {
        const { lower, upper } = at(given).hull();
        const all = reachable(given);
        given.center.forEach((_, i) => {
          expect(lower[i]).to.equal(Math.min(...all.map((point) => point[i]!)));
          expect(upper[i]).to.equal(Math.max(...all.map((point) => point[i]!)));
        });
      }),
    );
  });

  it("samples sentences of the set, in time all of them", () => {
    const given: Sentences = {
      budget: 1,
      center: [1, 1, 2, 2],
      candidates: [
        [
          [[3, 3]],
          [
            [4, 4],
            [5, 5],
          ],
        ],
      ],
    };
    const seen = new Set(
      at(given)
        .samples(300)
        .map((point) => point.join()),
    );
    expect([...seen].sort()).to.deep.equal(
      reachable(given)
        .map((point) => point.join())
        .sort(),
    );
    fc.assert(
      fc.property(sentences, (other) => {
        const all = new Set(reachable(other).map((point) => point.join()));
        for (const point of at(other).samples(10)) expect(all).to.include(point.join());
      }),
    );
  });

  it("projects to the nearest sentence", () => {
    fc.assert(
      fc.property(sentences, fc.infiniteStream(value), (given, stream) => {
        const x = given.center.map(() => stream.next().value!);
        const projected = at(given).project(x);
        const all = reachable(given);
        expect(all.map((point) => point.join())).to.include(projected.join());
        expect(away(x, projected)).to.be.closeTo(Math.min(...all.map((point) => away(x, point))), SLACK);
      }),
    );
  });

  const base = { type: "synonym", budget: 1, candidates: [[[], [[1, 2]]]] };
  const refusals: readonly [string, PerturbationQuery, RegExp][] = [
    ["without a budget", { ...base, budget: undefined }, /"budget" is undefined/],
    ["a budget of one and a half", { ...base, budget: 1.5 }, /"budget" is 1.5/],
    ["a missing position", { ...base, candidates: [[[]]] }, /"candidates\[0\]" has 1 entries/],
    [
      "a vector of another width",
      { ...base, candidates: [[[], [[1, 2, 3]]]] },
      /"candidates\[0\]\[1\]\[0\]" has 3 entries/,
    ],
    ["NaN", { ...base, candidates: [[[], [[1, NaN]]]] }, /"candidates" holds NaN/],
    ["an unknown field", { ...base, eps: 1 }, /unknown field "eps"/],
  ];
  for (const [what, query, message] of refusals) {
    it(`refuses ${what}`, () => {
      expect(() => synonym.parse(query, siteOf([0, 0, 0, 0], 1)))
        .to.throw(message)
        .with.property("code", "LIRPA_PERTURBATION");
    });
  }
});

interface Sentences {
  readonly budget: number;
  readonly center: readonly number[];
  readonly candidates: readonly (readonly (readonly (readonly number[])[])[])[];
}

const value = reals(-3, 3);
const vector = fc.array(value, { minLength: WIDTH, maxLength: WIDTH });

const sentences: fc.Arbitrary<Sentences> = fc
  .tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 4 }))
  .chain(([batch, positions]) =>
    fc.record({
      budget: fc.integer({ min: 0, max: positions + 1 }),
      center: fc.array(value, { minLength: batch * positions * WIDTH, maxLength: batch * positions * WIDTH }),
      candidates: fc.array(
        fc.array(fc.array(vector, { maxLength: 2 }), { minLength: positions, maxLength: positions }),
        {
          minLength: batch,
          maxLength: batch,
        },
      ),
    }),
  );

/** Every point of the set, one by one. */
function reachable({ budget, center, candidates }: Sentences): number[][] {
  const positions = candidates[0]!.length;
  let points: { point: number[]; spent: number[] }[] = [{ point: [...center], spent: candidates.map(() => 0) }];
  candidates.forEach((sentence, b) =>
    sentence.forEach((vectors, i) => {
      points = points.flatMap(({ point, spent }) => [
        { point, spent },
        ...(spent[b]! >= budget ? [] : vectors).map((given) => ({
          point: point.with((b * positions + i) * WIDTH, given[0]!).with((b * positions + i) * WIDTH + 1, given[1]!),
          spent: spent.with(b, spent[b]! + 1),
        })),
      ]);
    }),
  );
  return points.map(({ point }) => point);
}

function siteOf(center: readonly number[], batch: number): PerturbationSite {
  const shape = [batch, center.length / batch / WIDTH, WIDTH];
  return { name: "x", role: "input", shape, center: { shape, dtype: "float", data: Float64Array.from(center) } };
}

/** The set's rules as functions of numbers: everything they record is a constant and folds. */
function at({ budget, center, candidates }: Sentences): {
  hull(): { lower: number[]; upper: number[] };
  concretize(a: readonly number[], side: "lower" | "upper"): number;
  project(x: readonly number[]): number[];
  samples(count: number): number[][];
} {
  const site = siteOf(center, candidates.length);
  const set = synonym.parse({ type: "synonym", budget, candidates }, site);
  const t = new Vocabulary();
  const values = Object.fromEntries(Object.entries(set.values).map(([name, tensor]) => [name, t.constant(tensor)]));
  const context: SetContext<unknown> = { t, structure: set.structure, center: t.constant(site.center), values };
  const recorded = (data: readonly number[]): Tensor =>
    t.constant({ shape: site.shape, dtype: "float", data: Float64Array.from(data) });
  const numbersOf = (tensor: Tensor): number[] => [...t.constantValue(tensor)!.data];
  return {
    hull: () => {
      const { lower, upper } = synonym.hull(context);
      return { lower: numbersOf(lower), upper: numbersOf(upper) };
    },
    concretize: (a, side) => numbersOf(synonym.concretize(context, recorded(a), side))[0]!,
    project: (x) => numbersOf(synonym.project(context, recorded(x))),
    samples: (count) => {
      let state = 1;
      const random = (): number => (state = (state * 16807) % 2147483647) / 2147483647;
      return Array.from({ length: count }, () => [...synonym.sample(site, set, random).data]);
    },
  };
}

function dot(a: readonly number[], x: readonly number[]): number {
  return a.reduce((sum, entry, i) => sum + entry * x[i]!, 0);
}

function away(x: readonly number[], y: readonly number[]): number {
  return x.reduce((sum, entry, i) => sum + (entry - y[i]!) ** 2, 0);
}
