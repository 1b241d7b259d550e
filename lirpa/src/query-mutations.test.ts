import { expect } from "chai";
import fc from "fast-check";
import { isLirpaError } from "@lirpa/core";
import { readModel } from "@lirpa/onnx";
import { exitCodeOf, exitCodes } from "./command/exit-codes.js";
import { model as exampleModel } from "./command/support.test.js";
import { createLirpa } from "./create.js";
import type { Lirpa } from "./source.js";
import { readQuery } from "./query-file.js";

// Queries with one to three mistakes: each is an error that says where, or has bounds.

const valid: readonly unknown[] = [
  {
    inputs: [{ name: "x", shape: [1, 2], center: [[0.5, -0.25]], perturbation: { type: "linf", eps: 0.1 } }],
    spec: [[1, -1]],
  },
  {
    inputs: [
      {
        name: "x",
        center: [0.5, -0.25, 0.1, 0.2],
        perturbation: {
          type: "l2",
          eps: [
            [0.1, 0.2],
            [0.3, 0],
          ],
          over: "rows",
        },
      },
    ],
  },
  {
    inputs: [{ name: "x", center: [0.5, -0.25], perturbation: { type: "lp", p: 3, eps: 0.1, over: "all" } }],
    output: "y",
  },
  {
    inputs: [{ name: "x", center: [0.5, -0.25], perturbation: { type: "box", lower: [0, -1], upper: [1, 0] } }],
    weights: [{ name: "w1", perturbation: { type: "linf", eps: 0.01 } }],
    relaxation: { Relu: "same-slope" },
    methodOptions: { "alpha-crown": { iterations: 2, layers: "last" } },
  },
  {
    inputs: [{ name: "x", center: [0.5, -0.25], perturbation: null }],
    weights: [
      { name: "w1", shape: [2, 3], perturbation: { type: "l2", eps: 0.01 } },
      { name: "b1", perturbation: { type: "box", lower: [0, -0.1, -0.2], upper: [0.2, 0.1, 0] } },
      {
        name: "w2",
        perturbation: {
          type: "l1",
          eps: [
            [0.1, 0],
            [0, 0.2],
            [0, 0],
          ],
          over: "rows",
        },
      },
    ],
    spec: [
      [1, 0],
      [0, -1],
    ],
  },
];

const deep = Array.from({ length: 300 }).reduce<unknown>((inner) => [inner], 1);
const nasty: fc.Arbitrary<unknown> = fc.constantFrom<unknown>(
  null,
  true,
  "",
  "x",
  "NaN",
  "constructor",
  "__proto__",
  "toString",
  -1,
  0,
  0.5,
  1e-50,
  1e38,
  1e39,
  -1e39,
  1e300,
  2 ** 53,
  [],
  {},
  [null],
  [[]],
  [1, [2]],
  [[0.5, -0.25], [1]],
  ["0.1"],
  { type: "linf" },
  { __proto__: null },
  deep,
);
const names = fc.constantFrom("constructor", "__proto__", "toString", "hasOwnProperty", "Center", "epss", "w2", "Tanh");

/** A mistake is named by the field, or by what the field is about. */
const NAMED =
  /inputs?\b|weights?\b|spec\b|output\b|relaxation\b|methodOptions\b|alpha-crown|perturb|parameter\b|the query/;

type Mutation = {
  readonly at: number;
  readonly how: "replace" | "remove" | "repeat" | "rename";
  readonly value: unknown;
  readonly name: string;
};
const mutations: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(),
  how: fc.constantFrom("replace", "replace", "remove", "repeat", "rename"),
  value: nasty,
  name: names,
});

/** Every place in a tree: what holds it, and under which key. */
function placesIn(tree: unknown): [Record<string, unknown>, string][] {
  if (typeof tree !== "object" || tree === null) return [];
  return Object.keys(tree).flatMap((key) => [
    [tree as Record<string, unknown>, key] as [Record<string, unknown>, string],
    ...placesIn((tree as Record<string, unknown>)[key]),
  ]);
}

function mutated(query: unknown, list: readonly Mutation[]): unknown {
  const tree = structuredClone(query);
  for (const { at, how, value, name } of list) {
    const places = placesIn(tree);
    if (places.length === 0) break;
    const [holder, key] = places[at % places.length]!;
    if (how === "replace") holder[key] = structuredClone(value);
    else if (Array.isArray(holder) && how === "repeat") holder.push(structuredClone(holder[Number(key)]));
    else if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else {
      const old = holder[key];
      delete holder[key];
      if (how === "rename")
        Object.defineProperty(holder, name, { value: old, enumerable: true, configurable: true, writable: true });
    }
  }
  return tree;
}

describe("a query with mistakes in it", function () {
  this.timeout(60_000);
  let lirpa: Lirpa;
  before(async () => (lirpa = await createLirpa({ project: false })));
  after(() => lirpa.dispose());

  it("is refused with an error that names what is wrong, or has bounds in order", async () => {
    const model = lirpa.model(await readModel(exampleModel()));
    const cases = fc.record({
      query: fc.constantFrom(...valid),
      list: fc.array(mutations, { minLength: 1, maxLength: 3 }),
      method: fc.constantFrom("ibp", "crown"),
    });
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(cases, async ({ query, list, method }) => {
        const text = JSON.stringify(mutated(query, list));
        try {
          const { inputs, options } = readQuery(text);
          const { lower, upper } = await model.bounds(inputs, { ...options, method });
          lower.forEach((low, i) =>
            expect(low, text).to.be.at.most(upper[i]! + 1e-5 * Math.max(1, Math.abs(upper[i]!))),
          );
        } catch (error) {
          if (!isLirpaError(error)) throw error;
          refused++;
          expect(
            [exitCodes.usage, exitCodes.data, exitCodes.unavailable],
            `${error.code}: ${error.message}\n${text}`,
          ).to.include(exitCodeOf(error));
          expect(error.problem, text).to.match(NAMED);
          expect(error.code, `${error.message}\n${text}`).to.not.be.oneOf([
            "LIRPA_INTERNAL",
            "LIRPA_PLUGIN",
            "LIRPA_EXECUTOR",
          ]);
        }
      }),
      { numRuns: 500, seed: 16 },
    );
    expect(refused).to.be.above(200);
  });
});
