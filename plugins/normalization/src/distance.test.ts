import { expect } from "chai";
import fc from "fast-check";
import { composeLirpa, perturbed, standardMethods, type Model } from "@lirpa/core";
import type { HostTensor } from "@lirpa/core/plugin";
import { onnxRuntimeExecutor } from "@lirpa/executor-onnxruntime";
import lp from "@lirpa/perturbation-lp";
import activation from "@lirpa/plugin-activation";
import linear from "@lirpa/plugin-linear";
import reduction from "@lirpa/plugin-reduction";
import shape from "@lirpa/plugin-shape";
import smooth from "@lirpa/plugin-smooth";
import normalization from "./index.js";

// What adds a constant to every element, or puts some of them out of reach, in float32 as it runs.

const packs = [normalization, activation, linear, smooth, shape, reduction, lp];
const single = composeLirpa({ plugins: packs, executor: onnxRuntimeExecutor({ threads: 1 }) });
const methods = standardMethods.map(({ name }) => name);

const [INPUTS, SCORES] = [3, 5];
const MASKS = [-1e4, -1e8, -1e9, -3.4028234663852886e38];
const OFFSETS = [0, -1e4, 1e3, 1e5, 1e7];

const tensor = (sizes: readonly number[], data: readonly number[]): HostTensor => ({
  shape: sizes,
  dtype: "float",
  data: Float32Array.from(data),
});

interface Case {
  readonly weights: readonly number[];
  readonly added: readonly number[];
  readonly center: readonly number[];
  readonly eps: number;
}

const numbers = (count: number, most: number): fc.Arbitrary<number[]> =>
  fc.array(
    fc.integer({ min: -64, max: 64 }).map((n) => (n / 64) * most),
    { minLength: count, maxLength: count },
  );

function cases(added: fc.Arbitrary<readonly number[]>): fc.Arbitrary<Case> {
  return fc.record({
    weights: numbers(INPUTS * SCORES, 1),
    added,
    center: numbers(INPUTS, 2),
    eps: fc.constantFrom(0, 0.01, 0.3, 1),
  });
}

/**
 * At least one element stays in reach. A log-softmax of −∞ is −∞ itself, which has no bounds: the others have a
 * number.
 */
const masked = (type: string): fc.Arbitrary<number[]> =>
  fc
    .record({
      mask: fc.constantFrom(...MASKS, ...(type === "LogSoftmax" ? [] : [-Infinity])),
      out: fc.subarray([1, 2, 3, 4], { minLength: 1 }),
    })
    .map(({ mask, out }) => Array.from({ length: SCORES }, (_, i) => (out.includes(i) ? mask : 0)));
const infinite: Case = {
  weights: Array.from({ length: INPUTS * SCORES }, (_, i) => ((i * 7) % 11) / 11 - 0.4),
  added: [0, -Infinity, 0, 0, -Infinity],
  center: [0.5, -1, 0.25],
  eps: 0.3,
};
const offset = fc.constantFrom(...OFFSETS).map((by) => new Array<number>(SCORES).fill(by));

function modelOf(type: string, { weights, added }: Case): Model {
  const attributes = type === "ReduceLogSumExp" ? { axes: [1], keepdims: 1 } : { axis: 1 };
  return single.model({
    name: type,
    inputs: [{ name: "x", shape: [1, INPUTS], dtype: "float" }],
    outputs: ["y"],
    initializers: new Map([
      ["w", tensor([INPUTS, SCORES], weights)],
      ["a", tensor([SCORES], added)],
    ]),
    nodes: [
      { name: "scores", type: "MatMul", domain: "", inputs: ["x", "w"], outputs: ["s"], attributes: {} },
      { name: "added", type: "Add", domain: "", inputs: ["s", "a"], outputs: ["m"], attributes: {} },
      { name: "subject", type, domain: "", inputs: ["m"], outputs: ["y"], attributes },
    ],
    opsets: new Map([["", 13]]),
  });
}

/** The function in float64, of scores that need no offset: it is known what the offset does. */
function values(type: string, { weights, added }: Case, x: readonly number[]): number[] {
  const common = Math.max(...added);
  const scores = added.map(
    (by, j) => by - common + x.reduce((sum, value, i) => sum + value * Math.fround(weights[i * SCORES + j]!), 0),
  );
  const most = Math.max(...scores);
  const all = most + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - most), 0));
  if (type === "ReduceLogSumExp") return [all + common];
  return scores.map((score) => (type === "Softmax" ? Math.exp(score - all) : score - all));
}

function pointsOf({ center, eps }: Case): number[][] {
  const signs = (k: number): number[] => center.map((c, i) => c + eps * ((k >> i) & 1 ? 1 : -1));
  return [center.slice(), ...Array.from({ length: 2 ** INPUTS }, (_, k) => signs(k))];
}

/** A sum with an offset is rounded to a multiple of the offset's last place, before any rule sees it. */
async function expectHolds(type: string, example: Case): Promise<void> {
  const magnitude = Math.max(...example.added.map((by) => (by <= -1e4 ? 0 : Math.abs(by))), 1);
  const model = modelOf(type, example);
  const common = Math.abs(Math.max(...example.added));
  const slack = 1e-5 + 4 * 2 ** -23 * Math.max(magnitude, common);
  const ball = { type: "linf", eps: example.eps };
  const crown = await model.bounds({ x: perturbed(example.center, ball) }, { method: "crown" });
  for (const method of methods) {
    const { lower, upper } = await model.bounds(
      { x: perturbed(example.center, ball) },
      { method, ...(method === "alpha-crown" && { methodOptions: { "alpha-crown": { iterations: 8 } } }) },
    );
    for (const x of pointsOf(example)) {
      values(type, example, x).forEach((value, i) => {
        const room = slack + 1e-5 * Math.abs(value);
        // −3.4e38 and below are as good as −∞.
        const low = value < -3.3e38 ? -Infinity : lower[i]!;
        expect(value, `${method}, element ${i}: [${lower[i]}, ${upper[i]}]`).to.be.within(low - room, upper[i]! + room);
      });
    }
    if (method !== "alpha-crown") continue;
    lower.forEach((low, i) => {
      expect(low, "ends in order").to.be.at.most(upper[i]! + slack);
      expect(low, "no looser below").to.be.at.least(crown.lower[i]!);
      expect(upper[i]!, "no looser above").to.be.at.most(crown.upper[i]!);
    });
  }
}

for (const type of ["Softmax", "LogSoftmax", "ReduceLogSumExp"]) {
  describe(`${type} in float32`, function () {
    this.timeout(60_000);

    it("is bounded soundly behind an additive mask, by every method", () =>
      fc.assert(
        fc.asyncProperty(cases(masked(type)), (example) => expectHolds(type, example)),
        { numRuns: 8, seed: 8, examples: type === "LogSoftmax" ? [] : [[infinite]] },
      ));

    it("keeps its digits when all elements have a common offset, by every method", () =>
      fc.assert(
        fc.asyncProperty(cases(offset), (example) => expectHolds(type, example)),
        { numRuns: 7, seed: 8 },
      ));
  });
}
