import { expect } from "chai";
import fc from "fast-check";
import { composeLirpa as compose, type BoundOptions, type Lirpa, type Model } from "@lirpa/core";
import { evaluateProgram } from "@lirpa/core/recording";
import { referenceExecutor } from "@lirpa/executor-reference";
import { lp, perturbed, standardPlugins } from "lirpa";
import { center, net, query, refused, samples, WIDTH } from "./two-layers.js";

const METHODS = ["ibp", "crown-ibp", "crown", "forward", "forward+crown", "alpha-crown"] as const;
const ball = lp({ norm: Infinity, eps: 0.4 });

let lirpa: Lirpa;
let model: Model;

before(() => {
  lirpa = compose({ plugins: standardPlugins, executor: referenceExecutor() });
  model = lirpa.model(net);
});
after(() => lirpa.dispose());

describe("a prepared problem", () => {
  for (const method of METHODS) {
    it(`gives by ${method} what the model gives, for any radius and without recording again`, async () => {
      const prepared = model.prepare({ inputs: { x: ball }, method });
      for (const eps of [0.1, 0.4]) {
        const own = await prepared.bounds(query(eps));
        const whole = await model.bounds(query(eps), { method });
        expect([...own.lower, ...own.upper]).to.deep.equal([...whole.lower, ...whole.upper]);
      }
      const { seconds } = await prepared.bounds(query(0.2));
      expect(seconds.record + seconds.compile).to.equal(0);
    });
  }

  it("is prepared from a set's structure alone, with no number in it", async () => {
    const { inputs } = model.structureOf(query());
    const { type, structure, values } = (
      inputs as Record<string, { type: string; structure: unknown; values: object }>
    )["x"]!;
    const prepared = model.prepare({ inputs: { x: { type, structure, values } } });
    const { lower } = await prepared.bounds(query());
    expect([...lower]).to.deep.equal([...(await model.bounds(query())).lower]);
  });

  it("says what its ports are for, and feeds them", () => {
    const prepared = model.prepare({ inputs: { x: ball }, spec: "rows", parameters: ["w3"] });
    expect(prepared.ports.map(({ role }) => role)).to.have.deep.members([
      { is: "center", of: "x" },
      { is: "set", of: "x", field: "eps" },
      { is: "fixed", of: "w3" },
      { is: "rows" },
    ]);
    const feeds = prepared.feeds(query(), { spec: [[1, -1]] });
    expect(Object.keys(feeds)).to.have.members(prepared.ports.map(({ name }) => name));
    expect(evaluateProgram(prepared.program(), feeds)["lower"]!.shape).to.deep.equal([1, 1]);
  });

  it("refuses numbers of another structure", async () => {
    const prepared = model.prepare({ inputs: { x: ball } });
    expect(await refused(() => prepared.bounds({ x: perturbed(center, lp({ norm: 2, eps: 0.4 })) }))).to.equal(
      "LIRPA_QUERY",
    );
    expect(await refused(() => prepared.bounds({ x: center }))).to.equal("LIRPA_QUERY");
    expect(await refused(() => prepared.bounds(query(), { spec: [[1, 0]] }))).to.equal("LIRPA_QUERY");
    expect(await refused(() => prepared.bounds(query(), { methd: "ibp" } as object))).to.equal("LIRPA_OPTION");
  });

  it("is done with after dispose()", async () => {
    const prepared = model.prepare({ inputs: { x: ball } });
    await prepared.bounds(query());
    await prepared.dispose();
    expect(await refused(() => prepared.bounds(query()))).to.equal("LIRPA_DISPOSED");
    expect(await refused(() => model.bounds(query()))).to.equal("given");
  });
});

describe("rows of a specification", () => {
  const specs = [
    [
      [1, -1],
      [0, 1],
    ],
    [
      [-1, 1],
      [2, 0.5],
    ],
  ];
  const two = { x: perturbed([...center, 0, 0.1, -0.2], ball) };

  for (const method of METHODS) {
    it(`may differ for each instance, by ${method}`, async () => {
      const { lower, upper, shape } = await model.bounds(two, { method, spec: specs });
      expect(shape).to.deep.equal([2, 2]);
      for (const [i, spec] of specs.entries()) {
        const shared = await model.bounds(two, { method, spec });
        for (const k of [0, 1]) {
          expect(lower[2 * i + k]).to.be.closeTo(shared.lower[2 * i + k]!, 1e-9);
          expect(upper[2 * i + k]).to.be.closeTo(shared.upper[2 * i + k]!, 1e-9);
        }
      }
    });
  }

  it("may differ where the work is done in chunks, too", async () => {
    const whole = await model.bounds(two, { spec: specs });
    const chunked = await model.bounds(two, { spec: specs, memory: 6000 });
    chunked.lower.forEach((value, i) => expect(value).to.be.closeTo(whole.lower[i]!, 1e-9));
  });

  it("are refused where their number differs, or that of the matrices", async () => {
    expect(
      await refused(() =>
        model.bounds(two, {
          spec: [
            [[1, 0]],
            [
              [1, 0],
              [0, 1],
            ],
          ],
        }),
      ),
    ).to.equal("LIRPA_QUERY");
    expect(await refused(() => model.bounds(two, { spec: [[[1, 0]]] }))).to.equal("LIRPA_QUERY");
  });
});

describe("a radius", () => {
  for (const method of METHODS) {
    it(`may differ for each instance, by ${method}`, async () => {
      const radii = [0.1, 0.4, 0];
      const centers = [center, [0, 0.1, -0.2], [1, 0, -1]];
      for (const norm of [Infinity, 2]) {
        const { lower } = await model.bounds({ x: perturbed(centers.flat(), lp({ norm, eps: radii })) }, { method });
        for (const [i, eps] of radii.entries()) {
          const alone = await model.bounds({ x: perturbed(centers[i]!, lp({ norm, eps })) }, { method });
          for (const k of [0, 1])
            expect(lower[2 * i + k]).to.be.closeTo(alone.lower[k]!, method === "alpha-crown" ? 0.05 : 1e-9);
        }
      }
    });
  }
});

describe("one side", () => {
  for (const method of METHODS) {
    it(`is what both give of it, and the other end is infinite, by ${method}`, async () => {
      const both = await model.bounds(query(), { method });
      for (const side of ["lower", "upper"] as const) {
        const one = await model.bounds(query(), { method, side });
        // An optimizer goes another way where only one side pulls at the intermediate bounds.
        one[side].forEach((value, i) =>
          expect(value).to.be.closeTo(both[side][i]!, method === "alpha-crown" ? 0.1 : 1e-9),
        );
        const other = side === "lower" ? "upper" : "lower";
        expect([...new Set(one[other])]).to.deep.equal([other === "upper" ? Infinity : -Infinity]);
      }
    });
  }
});

describe("linear forms", () => {
  for (const method of ["ibp", "crown-ibp", "crown", "forward", "forward+crown"]) {
    for (const [what, options] of [
      ["elements", {}],
      [
        "rows",
        {
          spec: [
            [1, -1],
            [0.5, 2],
          ],
        },
      ],
    ] as [string, BoundOptions][]) {
      it(`lie below and above the network on the set, and concretize to the bounds: ${what} by ${method}`, async () => {
        const { lower, upper, forms, shape } = await model.bounds(query(), { method, forms: true, ...options });
        const { coefficients, constants } = forms!;
        const form = coefficients["x"]!;
        expect(form.shape).to.deep.equal([...shape, 1, 3]);
        const at = (side: "lower" | "upper", row: number, x: readonly number[]): number =>
          x.reduce((sum, value, i) => sum + value * form[side][3 * row + i]!, constants[side][row]!);
        const matrix = options.spec as number[][] | undefined;
        for (const { x, y } of await samples(lirpa, 40)) {
          const rows = matrix?.map((row) => row[0]! * y[0]! + row[1]! * y[1]!) ?? y;
          rows.forEach((value, row) => {
            expect(at("lower", row, x)).to.be.at.most(value + 1e-9);
            expect(at("upper", row, x)).to.be.at.least(value - 1e-9);
          });
        }
        lower.forEach((bound, row) => {
          const reach = [0, 1, 2].reduce((sum, i) => sum + 0.4 * Math.abs(form.lower[3 * row + i]!), 0);
          expect(at("lower", row, center) - reach).to.be.closeTo(bound, 1e-9);
        });
        upper.forEach((bound, row) => {
          const reach = [0, 1, 2].reduce((sum, i) => sum + 0.4 * Math.abs(form.upper[3 * row + i]!), 0);
          expect(at("upper", row, center) + reach).to.be.closeTo(bound, 1e-9);
        });
      });
    }
  }

  it("are the same in chunks and stages", async () => {
    const whole = await model.bounds(query(), { forms: true });
    const staged = await model.bounds(query(), { forms: true, memory: 5000 });
    const [one, other] = [whole, staged].map(({ forms }) => [
      ...forms!.coefficients["x"]!.lower,
      ...forms!.constants.upper,
    ]);
    one!.forEach((value, i) => expect(other![i]).to.be.closeTo(value, 1e-9));
  });

  it("are refused where only the best of many is kept", async () => {
    expect(await refused(() => model.bounds(query(), { method: "alpha-crown", forms: true }))).to.equal(
      "LIRPA_UNSUPPORTED_METHOD",
    );
  });
});

describe("intermediate bounds", () => {
  for (const method of METHODS) {
    it(`are given on request, and hold, by ${method}`, async () => {
      const { intermediate } = await model.bounds(query(), { method, intermediate: ["z2", "z1"] });
      expect(Object.keys(intermediate!)).to.deep.equal(["z2", "z1"]);
      const { lower, upper, shape } = intermediate!["z2"]!;
      expect(shape).to.deep.equal([1, WIDTH]);
      for (const { z2 } of await samples(lirpa, 40))
        z2.forEach((value, i) => expect(value).to.be.within(lower[i]! - 1e-9, upper[i]! + 1e-9));
    });

    if (method === "alpha-crown") continue;
    it(`that are fed back as final give the same bounds, by ${method}`, async () => {
      const whole = await model.bounds(query(), { method, intermediate: ["z1", "z2"] });
      const given = Object.fromEntries(
        Object.entries(whole.intermediate!).map(([name, ends]) => [name, { ...ends, use: "final" as const }]),
      );
      const stripped = Object.fromEntries(
        Object.entries(given).map(([name, { lower, upper, use }]) => [name, { lower, upper, use }]),
      );
      const fed = await model.bounds(query(), { method, given: stripped });
      fed.lower.forEach((value, i) => expect(value).to.be.closeTo(whole.lower[i]!, 1e-9));
    });
  }

  it("that are intersected with the method's own tighten them: those of crown help crown-ibp", async () => {
    const { intermediate } = await model.bounds(query(), { method: "crown", intermediate: ["z2"] });
    const { lower, upper } = intermediate!["z2"]!;
    const plain = await model.bounds(query(), { method: "crown-ibp" });
    const helped = await model.bounds(query(), { method: "crown-ibp", given: { z2: { lower, upper } } });
    helped.lower.forEach((value, i) => expect(value).to.be.at.least(plain.lower[i]! - 1e-9));
    expect(helped.lower[0]! - plain.lower[0]!).to.be.greaterThan(1e-3);
    for (const { y } of await samples(lirpa, 60))
      y.forEach((value, i) => expect(value).to.be.within(helped.lower[i]! - 1e-9, helped.upper[i]! + 1e-9));
  });

  it("are refused where no value has that name, or ends are missing, crossed or too few", async () => {
    const ends = { lower: new Float64Array(WIDTH), upper: new Float64Array(WIDTH).fill(1) };
    expect(await refused(() => model.bounds(query(), { intermediate: ["z3"] }))).to.equal("LIRPA_QUERY");
    expect(await refused(() => model.bounds(query(), { given: { zz: ends } }))).to.equal("LIRPA_QUERY");
    expect(
      await refused(() => model.bounds(query(), { given: { z2: { lower: ends.upper, upper: ends.lower } } })),
    ).to.equal("LIRPA_QUERY");
    expect(await refused(() => model.bounds(query(), { given: { z2: { lower: [0], upper: [1] } } }))).to.equal(
      "LIRPA_QUERY",
    );
    expect(
      await refused(() => model.bounds(query(), { given: { z2: { ...ends, use: "sometimes" as "final" } } })),
    ).to.equal("LIRPA_OPTION");
  });
});

describe("constraints on intermediate values", () => {
  for (const method of METHODS) {
    it(`restrict bounds to the points that meet them, by ${method}`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.constantFrom(-1, 0, 0, 1), { minLength: WIDTH, maxLength: WIDTH }),
          async (signs) => {
            const constraints = {
              z2: {
                lower: signs.map((sign) => (sign > 0 ? 0 : -Infinity)),
                upper: signs.map((sign) => (sign < 0 ? 0 : Infinity)),
              },
            };
            const { lower, upper } = await model.bounds(query(), { method, constraints });
            for (const { y, z2 } of await samples(lirpa, 200)) {
              if (!z2.every((value, i) => value * signs[i]! >= 0)) continue;
              y.forEach((value, i) => expect(value).to.be.within(lower[i]! - 1e-9, upper[i]! + 1e-9));
            }
          },
        ),
        { numRuns: method === "alpha-crown" ? 4 : 12 },
      );
    });
  }

  it("tighten bounds, for each instance by its own", async () => {
    const method = "ibp";
    const plain = await model.bounds({ x: perturbed([...center, ...center], ball) }, { method });
    const free = new Array<number>(WIDTH).fill(-Infinity);
    const { lower } = await model.bounds(
      { x: perturbed([...center, ...center], ball) },
      { method, constraints: { z2: { upper: [...free.map(() => Infinity), ...free.map(() => 0)] } } },
    );
    expect(lower[0]).to.be.closeTo(plain.lower[0]!, 1e-9);
    // All neurons of the second layer are off.
    expect([lower[2], lower[3]]).to.deep.equal([0, 0]);
  });
});
