import { expect } from "chai";
import type { BoundOptions, Lirpa, Model, Prepared } from "@lirpa/core";
import { createLirpa, lp, perturbed } from "lirpa";
import { center, net, query, refused, WIDTH } from "./two-layers.js";

// What is fed besides centers and sets: numbers for all instances, state, and what nobody prepared for. By ONNX
// Runtime,
// which holds arrays of one number of instances to it.

const ball = lp({ norm: Infinity, eps: 0.4 });
const three = { x: perturbed([...center, 0, 0.1, -0.2, 0.3, 0.3, -0.5], ball) };
const all = (end: number, instances = 1): number[] => new Array<number>(WIDTH * instances).fill(end);

let lirpa: Lirpa;
let model: Model;

before(async () => {
  lirpa = await createLirpa();
  model = lirpa.model(net);
});
after(() => lirpa.dispose());

describe("numbers of intermediate values", () => {
  for (const method of ["ibp", "crown", "forward", "alpha-crown"]) {
    it(`may hold for all instances, or for each, by ${method}`, async () => {
      const once = { constraints: { z1: { lower: all(-0.5) } }, given: { r2: { lower: all(0), upper: all(20) } } };
      const each = {
        constraints: { z1: { lower: all(-0.5, 3), upper: all(Infinity) } },
        given: { r2: { lower: all(0), upper: all(20, 3) } },
      };
      const a = await model.bounds(three, { method, ...once });
      const b = await model.bounds(three, { method, ...each });
      expect([...a.lower, ...a.upper]).to.deep.equal([...b.lower, ...b.upper]);
    });
  }

  it("are refused where ends for all cross those of one instance", async () => {
    const upper = [...all(1, 2), ...all(-1)];
    const crossed: BoundOptions = { constraints: { z1: { lower: all(0), upper } } };
    expect(await refused(() => model.bounds(three, crossed))).to.equal("LIRPA_QUERY");
  });
});

describe("alpha-crown", () => {
  for (const layers of ["all", "last"] as const) {
    it(`gives bounds of values that it does not rely on, with layers "${layers}"`, async () => {
      const methodOptions = { "alpha-crown": { iterations: 2, layers } };
      const result = await model.bounds(query(), { method: "alpha-crown", intermediate: ["z2", "y"], methodOptions });
      const { y } = (await model.bounds(query(), { method: "crown", intermediate: ["y"] })).intermediate!;
      const { lower } = result.intermediate!["y"]!;
      lower.forEach((low, i) => expect(low).to.be.at.least(y!.lower[i]! - 1e-4));
    });
  }

  it("takes several instances of an input that does not move, where weights do", async () => {
    const weights = { w2: lp({ norm: 2, eps: 0.05 }) };
    const call = { method: "alpha-crown", weights, methodOptions: { "alpha-crown": { iterations: 2 } } };
    const both = await model.bounds({ x: [...center, 0, 0.1, -0.2] }, call);
    const one = await model.bounds({ x: center }, call);
    one.lower.forEach((low, i) => expect(both.lower[i]).to.be.closeTo(low, 1e-4));
  });

  it("says of rows in parts how much of all is done", async () => {
    const spec = Array.from({ length: 12 }, (_, i) => [1, i]);
    const shares: number[] = [];
    const note = (share: number): unknown => shares.push(share);
    const methodOptions = { "alpha-crown": { iterations: 3 } };
    await model.bounds(query(), { method: "alpha-crown", spec, memory: 30_000, methodOptions, onProgress: note });
    expect(shares.length).to.be.greaterThan(3);
    expect(shares).to.deep.equal(shares.toSorted((a, b) => a - b));
    expect(shares.at(-1)).to.equal(1);
  });
});

describe("what is wrong in a call", () => {
  const wrong: Readonly<Record<string, [object, string]>> = {
    "a method that is a function": [{ method: () => "crown" }, "LIRPA_OPTION"],
    "lines that are a function": [{ relaxation: { Relu: () => "zero" } }, "LIRPA_OPTION"],
    "a signal that is none": [{ signal: "stop" }, "LIRPA_OPTION"],
    "a controller for its signal": [{ signal: new AbortController() }, "LIRPA_OPTION"],
    "progress told to no function": [{ onProgress: 5 }, "LIRPA_OPTION"],
    "a state that is none": [{ start: { a: null } }, "LIRPA_QUERY"],
    "a state of another length": [{ start: { a: { shape: [2], data: new Float32Array(3) } } }, "LIRPA_QUERY"],
    "a misspelt end": [{ constraints: { z1: { lowr: all(0) } } }, "LIRPA_OPTION"],
    "a misspelt use": [{ given: { z1: { lower: all(-9), upper: all(9), uses: "final" } } }, "LIRPA_OPTION"],
    "null for a use": [{ given: { z1: { lower: all(-9), upper: all(9), use: null } } }, "LIRPA_OPTION"],
    "a spec with a hole": [{ spec: Object.assign([], { 1: [1, 0] }) }, "LIRPA_QUERY"],
  };
  for (const [what, [options, code]] of Object.entries(wrong)) {
    it(`is refused by its kind: ${what}`, async () => {
      expect(await refused(() => model.bounds(query(), options as BoundOptions))).to.equal(code);
    });
  }

  it("is refused: values of a prepared problem must be names", async () => {
    const prepared = model.prepare({ inputs: { x: ball } });
    expect(await refused(() => prepared.clean("z1" as unknown as string[]))).to.equal("LIRPA_OPTION");
  });

  it("is refused: no matrices for instances", async () => {
    const prepared = model.prepare({ inputs: { x: ball }, spec: "rows per instance" });
    for (const spec of [null, [null]]) {
      expect(await refused(() => prepared.bounds(query(), { spec } as object))).to.equal("LIRPA_QUERY");
    }
  });
});

describe("a prepared problem refuses what it was not prepared for", () => {
  const given = { z1: { lower: all(-9), upper: all(9) } };
  let prepared: Prepared;
  before(() => (prepared = model.prepare({ inputs: { x: ball }, given: { z1: "intersect" } })));

  const wrong: Readonly<Record<string, object>> = {
    "bounds of another value": { given: { ...given, z2: given.z1 } },
    "another use": { given: { z1: { ...given.z1, use: "final" } } },
    constraints: { given, constraints: { z2: { lower: all(0) } } },
    "a weight that there is not": { given, weights: { w9: ball } },
    "null for weights": { given, weights: null },
  };
  for (const [what, options] of Object.entries(wrong)) {
    it(what, async () => {
      expect(await refused(() => prepared.bounds(query(), options))).to.equal("LIRPA_QUERY");
    });
  }

  it("but takes what it was prepared for", async () => {
    expect(await refused(() => prepared.bounds(query(), { given }))).to.equal("given");
  });
});
