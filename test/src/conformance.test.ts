import { expect } from "chai";
import { standardMethods } from "@lirpa/core";
import type { HostTensor, Plugin } from "@lirpa/core/plugin";
import {
  describeMethod,
  describePerturbation,
  describePlugin,
  fuzz,
  standardCases,
  toJson,
  type OperatorCases,
  type PerturbationCase,
} from "@lirpa/conformance";
import lp from "@lirpa/perturbation-lp";
import { standardPlugins } from "lirpa";

/** All packs of operators. */
const plugins: readonly Plugin[] = standardPlugins.filter((plugin) => plugin !== lp);

const bends: HostTensor = { shape: [3], dtype: "float", data: Float64Array.of(-0.5, 0, 1) };
const aroundBends = [{ inputs: [[2, 3], bends], points: [...bends.data] }];

const WITHIN = {
  soundAtSpecialPoints:
    "a part of expansions, which rely on it only within its domain: what is bounded there never leaves it",
};

/** Operators that expansions are made of: no model names them. */
const internalCases: OperatorCases = {
  "lirpa:Square": [{ inputs: [[3]], points: [0] }],
  "lirpa:AtLeast": aroundBends,
  "lirpa:AtMost": aroundBends,
  "lirpa:InverseDeviation": [
    {
      inputs: [{ shape: [3], center: [0, 2], radius: 1, domain: [0, 1e4] }],
      attributes: { epsilon: 0.1 },
      tolerance: 1e-7,
      except: WITHIN,
    },
  ],
  "lirpa:Standardized": [
    { inputs: [{ shape: [3], domain: [-2, 2] }], attributes: { bound: 2 }, points: [-2, 2], except: WITHIN },
  ],
};

const cases: OperatorCases = { ...standardCases, ...internalCases };

const without = {
  "lirpa:Greatest": "its first input is the difference of the others: alone, it would be asked for what never happens",
  "lirpa:Least": "as Greatest",
};

describe("conformance", () => {
  for (const plugin of plugins) describePlugin(plugin, cases, { plugins, without });

  const sets: readonly PerturbationCase[] = [
    { query: { type: "linf", eps: 0.25 }, shape: [2, 3] },
    {
      query: { type: "linf", eps: [0.25, 0, 1, 0.5] },
      queryOfTwo: { type: "linf", eps: [0.25, 0, 1, 0.5, 1, 1, 1, 1] },
      shape: [2, 2],
    },
    { query: { type: "l2", eps: 0.5 }, shape: [2, 3] },
    { query: { type: "linf", eps: [0.25, 1] }, queryOfTwo: { type: "linf", eps: [0.25, 1, 0, 0.5] }, shape: [2, 3] },
    { query: { type: "l2", eps: [0.25, 1] }, queryOfTwo: { type: "l2", eps: [0.25, 1, 0, 0.5] }, shape: [2, 3] },
    {
      query: { type: "l1", eps: [0.25, 0], over: "all" },
      queryOfTwo: { type: "l1", eps: [0.25, 0, 1, 0.5], over: "all" },
      shape: [2, 3],
    },
    { query: { type: "l2", eps: 0.5, over: "all" }, shape: [3, 1], role: "weight" },
    { query: { type: "l2", eps: [0.5, 1, 0.25] }, shape: [3] },
    { query: { type: "l2", eps: 0 }, shape: [1, 2] },
    { query: { type: "l1", eps: 0.75 }, shape: [1, 3] },
    { query: { type: "lp", p: 3, eps: 0.75 }, shape: [2, 2] },
    { query: { type: "lp", p: 1.5, eps: 0.75 }, shape: [3] },
    {
      query: { type: "box", lower: [-1, 0, 0.5], upper: [1, 0, 0.75] },
      queryOfTwo: { type: "box", lower: [-1, 0, 0.5, -1, 0, 0.5], upper: [1, 0, 0.75, 2, 0, 0.75] },
      center: [0, 0, 0.5],
      shape: [1, 3],
    },
  ];
  for (const set of lp.perturbations)
    describePerturbation(
      set,
      sets.filter(({ query }) => query.type === set.type),
    );

  for (const method of standardMethods) describeMethod(method);

  it("random graphs of all packs are bounded soundly by every method", async () => {
    const { failure, operators } = await fuzz({ plugins, cases, runs: 200, seed: 1 });
    expect(failure && `${failure.message}\n${toJson(failure.case)}`).to.equal(undefined);
    expect(operators.length).to.be.greaterThan(70);
  }).timeout(60_000);
});
