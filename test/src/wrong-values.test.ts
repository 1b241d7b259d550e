import { composeLirpa as compose } from "@lirpa/core";
import { referenceExecutor } from "@lirpa/executor-reference";
import { expect } from "chai";
import { box, createLirpa, diskProgramCache, isLirpaError, lp, perturbed } from "lirpa";
import { graph, referenceLirpa, tensor } from "./graphs.js";

// Callers without types: what is no number, list or object is refused, and never read as something else.

const lirpa = referenceLirpa();
const net = graph({ x: [1, 2] }, { w: tensor([2, 2], [1, 2, 3, 4]) }, [["MatMul", ["x", "w"], ["y"]]], ["y"]);
const ball = lp({ norm: Infinity, eps: 0.1 });
const inputs = { x: perturbed([0, 0], ball) };
const executor = referenceExecutor();

const noNumbers: Readonly<Record<string, unknown>> = {
  nothing: undefined,
  null: null,
  "a number": 3,
  "a string": "12",
  "a function": () => 3,
  "an object": {},
  strings: ["0.5", "1"],
  nulls: [null, 1],
  booleans: [true, 1],
  "a gap": [undefined, 1],
  BigInts: [1n, 2n],
  "an array of BigInts": BigInt64Array.of(1n, 2n),
  lists: [[0.5], [1]],
  "a length alone": { length: 1e12 },
  "a NaN": [NaN, 1],
  infinity: [Infinity, 1],
  "what float32 does not hold": [1e39, 1],
};

/** Where numbers are taken, and what the error says of it. */
const places: Readonly<Record<string, readonly [about: RegExp, call: (numbers: never) => unknown]>> = {
  "a fixed input": [/input x/, (x) => lirpa.model(net).bounds({ x }, { weights: { w: ball } })],
  "a center": [/input x/, (center) => lirpa.model(net).bounds({ x: perturbed(center, ball) })],
  "an input of forward": [/input x/, (x) => lirpa.model(net).forward({ x })],
  "an input of program": [/input x/, (center) => lirpa.model(net).program({ x: perturbed(center, ball) })],
  "a row of the spec": [/row 0 of the spec/, (row) => lirpa.model(net).bounds(inputs, { spec: [row] })],
  radii: [
    /eps/,
    (eps) => lirpa.model(net).bounds({ x: perturbed([0, 0], { type: "l2", eps: eps === 3 ? "3" : eps }) }),
  ],
  "radii of lp": [
    /eps/,
    (eps) => lirpa.model(net).bounds({ x: perturbed([0, 0], lp({ norm: 2, eps: eps === 3 ? ("3" as never) : eps })) }),
  ],
  "a lower limit": [
    /lower/,
    (lower) => lirpa.model(net).bounds({ x: perturbed([2, 2], box({ lower, upper: [3, 3] })) }),
  ],
  "an upper limit": [
    /upper/,
    (upper) => lirpa.model(net).bounds({ x: perturbed([-2, -2], box({ lower: [-3, -3], upper })) }),
  ],
};

const other = { name: "x", perturbation: ball };
const noLists = [null, 3, "w", {}, [3], [null]];
const noRecords = [null, 3, "x", [], [other]];
const CODES = [
  "LIRPA_QUERY",
  "LIRPA_OPTION",
  "LIRPA_PERTURBATION",
  "LIRPA_UNSUPPORTED_METHOD",
  "LIRPA_GRAPH",
  "LIRPA_PLUGIN",
];

/** Calls with a value in the place of what belongs there. */
const calls: Readonly<Record<string, readonly [wrong: readonly unknown[], call: (value: never) => unknown]>> = {
  inputs: [[undefined, ...noRecords], (value) => lirpa.model(net).bounds(value)],
  "inputs of forward": [[undefined, ...noRecords], (value) => lirpa.model(net).forward(value)],
  "a set": [
    [undefined, null, 3, "linf", [], {}, { type: 3 }],
    (set) => lirpa.model(net).bounds({ x: perturbed([0, 0], set) }),
  ],
  "fields of perturbed": [[3], (eps) => lirpa.model(net).bounds({ x: { ...inputs.x, eps } as never })],
  method: [[null, 3, "", "crwon", {}], (method) => lirpa.model(net).bounds(inputs, { method })],
  output: [[null, 0, "", "z", {}], (output) => lirpa.model(net).bounds(inputs, { output })],
  spec: [
    [null, 3, "ab", {}, [], [null], [3], { 0: [1, -1], length: 1 }, Float32Array.of(1, -1)],
    (spec) => lirpa.model(net).bounds(inputs, { spec }),
  ],
  weights: [noRecords, (weights) => lirpa.model(net).bounds(inputs, { weights })],
  "a weight's set": [
    [undefined, null, 3, "linf", perturbed([0], ball)],
    (w) => lirpa.model(net).bounds(inputs, { weights: { w } }),
  ],
  parameters: [noLists.slice(1), (parameters) => lirpa.model(net).program(inputs, { parameters })],
  relaxation: [noRecords, (relaxation) => lirpa.model(net).bounds(inputs, { relaxation })],
  methodOptions: [noRecords, (methodOptions) => lirpa.model(net).bounds(inputs, { methodOptions })],
  "alpha-crown": [
    [null, 3, "all", []],
    (given) => lirpa.model(net).bounds(inputs, { method: "alpha-crown", methodOptions: { "alpha-crown": given } }),
  ],
  "a graph": [[undefined, null, 3, "x", {}, []], (value) => lirpa.model(value)],
  "plugins of core": [[undefined, null, 3, {}, [null]], (plugins) => compose({ plugins, executor })],
  plugins: [[null, 3, {}, [null]], (plugins) => createLirpa({ project: false, plugins })],
  executor: [[undefined, null, 3, {}], (value) => compose({ plugins: [], executor: value })],
  cache: [[null, 3, {}, []], (cache) => compose({ plugins: [], executor, cache })],
  catalogue: [[null, 3, []], (catalogue) => compose({ plugins: [], executor, catalogue })],
  cacheFolder: [[null, 3, "", []], (cacheFolder) => createLirpa({ project: false, cacheFolder })],
  "the folder of diskProgramCache": [
    [undefined, null, 3, ""],
    (folder) => diskProgramCache({ folder, executor, plugins: [] }),
  ],
};

async function refused(call: () => unknown, what: string): Promise<string> {
  try {
    await call();
  } catch (error) {
    if (!isLirpaError(error)) throw new Error(`${what} ends in ${String(error)}`, { cause: error });
    expect(error.code, `${what}: ${error.message}`).to.be.oneOf(CODES);
    return error.message;
  }
  throw new Error(`${what} is taken`);
}

describe("a value that is none", () => {
  for (const [place, [about, call]] of Object.entries(places)) {
    it(`is refused as ${place}`, async () => {
      for (const [name, value] of Object.entries(noNumbers))
        expect(await refused(() => call(value as never), name)).to.match(about);
    });
  }

  for (const [what, [wrong, call]] of Object.entries(calls)) {
    it(`is refused as ${what}`, async () => {
      for (const value of wrong)
        await refused(() => call(value as never), `${what}: ${typeof value} ${String(JSON.stringify(value))}`);
    });
  }

  it("is refused where an input holds integers or truth values, by its name and position", async () => {
    const chosen = (dtype: "int" | "bool") => {
      const node =
        dtype === "int" ? (["Gather", ["w", "x"], ["y"]] as const) : (["Where", ["x", "w", "w"], ["y"]] as const);
      const made = graph({ x: [2] }, { w: tensor([2], [1, 2]) }, [[node[0], [...node[1]], [...node[2]]]], ["y"]);
      return lirpa.model({ ...made, inputs: [{ name: "x", shape: [2], dtype }] });
    };
    const wrong = {
      int: [0.5, -0.5, 1e-9, 1e300, 2 ** 53, -(2 ** 53), NaN, Infinity, "1", true],
      bool: [0.5, 2, -1, 1e300, NaN, "1", true],
    };
    for (const dtype of ["int", "bool"] as const) {
      for (const method of ["ibp", "crown"]) {
        const bounded = (value: unknown) =>
          chosen(dtype).bounds({ x: [0, value as number] }, { method, weights: { w: ball } });
        for (const value of wrong[dtype])
          expect(await refused(() => bounded(value), `${dtype} ${String(value)}`)).to.match(
            /input x is .* at position 1/,
          );
        expect((await bounded(1)).lower[1]).to.be.closeTo(1.9, 1e-6);
      }
      expect(await refused(() => chosen(dtype).forward({ x: [0, 0.5] }), "forward")).to.include("position 1");
    }
  });

  it("is not made of two answers to one question", async () => {
    const cache = { get: (_: string, make: () => never) => make(), clear: () => Promise.resolve() };
    expect(await refused(() => createLirpa({ project: false, cache, cacheFolder: "/nowhere" }), "both")).to.include(
      "cacheFolder",
    );
  });

  it("and typed arrays of any kind of number are lists of numbers", async () => {
    for (const center of [
      Int8Array.of(1, 2),
      Uint8Array.of(1, 2),
      Int32Array.of(1, 2),
      Float32Array.of(1, 2),
      { 0: 1, 1: 2, length: 2 },
    ]) {
      const { lower } = await lirpa.model(net).bounds({ x: perturbed(center, ball) }, { method: "ibp" });
      expect(lower[0]).to.be.closeTo(6.6, 1e-6);
    }
  });
});
