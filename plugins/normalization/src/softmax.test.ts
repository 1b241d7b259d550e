import { expect } from "chai";
import {
  ints,
  itHoldsForEveryChoice,
  itHoldsItsValues,
  modelOf,
  refusal,
  situations,
  valueOf,
  type OneNode,
} from "@lirpa/conformance/kit";
import { perturbed } from "@lirpa/core";
import type { Plugin } from "@lirpa/core/plugin";
import { onnxRuntimeExecutor } from "@lirpa/executor-onnxruntime";
import lp from "@lirpa/perturbation-lp";
import activation from "@lirpa/plugin-activation";
import linear from "@lirpa/plugin-linear";
import reduction from "@lirpa/plugin-reduction";
import shape from "@lirpa/plugin-shape";
import smooth from "@lirpa/plugin-smooth";
import plugin from "./index.js";

const plugins: readonly Plugin[] = [plugin, activation, linear, reduction, shape, smooth, lp];

const logSumExp = (xs: readonly number[]): number => {
  const most = Math.max(...xs);
  return most + Math.log(xs.reduce((sum, x) => sum + Math.exp(x - most), 0));
};

/** Each operator as a function of the elements of one slice. */
const SOFTMAXES = {
  Softmax: (xs: readonly number[]) => xs.map((x) => Math.exp(x - logSumExp(xs))),
  LogSoftmax: (xs: readonly number[]) => xs.map((x) => x - logSumExp(xs)),
};

const DATA = [1, -2, 0.5, 3, 3, -1, 0, 2, 1, 4, -3, 0.25];

function near({ data }: { data: readonly number[] }, wanted: readonly number[]): void {
  expect(data).length(wanted.length);
  wanted.forEach((value, i) => expect(data[i]!).closeTo(value, 1e-12));
}

for (const [type, of] of Object.entries(SOFTMAXES)) {
  describe(type, () => {
    const value = (node: Partial<OneNode>) =>
      valueOf(modelOf(plugins, { type, operands: [[2, 3, 2]], ...node }), { x0: DATA });
    const along = (slices: readonly (readonly number[])[]): number[] => {
      const result = DATA.map(() => 0);
      for (const slice of slices) of(slice.map((place) => DATA[place]!)).forEach((y, i) => (result[slice[i]!] = y));
      return result;
    };

    it("runs along one axis since opset 13, by default the last", async () => {
      near(
        await value({}),
        along([
          [0, 1],
          [2, 3],
          [4, 5],
          [6, 7],
          [8, 9],
          [10, 11],
        ]),
      );
      near(
        await value({ attributes: { axis: 1 } }),
        along([
          [0, 2, 4],
          [1, 3, 5],
          [6, 8, 10],
          [7, 9, 11],
        ]),
      );
      near(
        await value({ attributes: { axis: -3 } }),
        along([
          [0, 6],
          [1, 7],
          [2, 8],
          [3, 9],
          [4, 10],
          [5, 11],
        ]),
      );
    });

    it("ran along all axes from one on before, by default 1", async () => {
      const all = [...DATA.keys()];
      near(await value({ opset: 11 }), along([all.slice(0, 6), all.slice(6)]));
      near(await value({ opset: 11, attributes: { axis: 0 } }), along([all]));
      near(
        await value({ opset: 11, attributes: { axis: -1 } }),
        along([
          [0, 1],
          [2, 3],
          [4, 5],
          [6, 7],
          [8, 9],
          [10, 11],
        ]),
      );
    });

    it("refuses an axis that is not there", () => {
      expect(refusal(modelOf(plugins, { type, operands: [[2]], attributes: { axis: 1 } }))).equal("LIRPA_ATTRIBUTE");
    });

    it("has exact intervals: the ends of one element against the other ends of the others", async () => {
      const [lower, upper] = [
        [-1, 0, 0.5],
        [1, 0.2, 3],
      ];
      const bounds = await modelOf(plugins, { type, operands: [[3]] }).bounds(
        { x0: perturbed(lower, { type: "box", lower, upper }) },
        { method: "ibp" },
      );
      for (const i of [0, 1, 2]) {
        expect(bounds.lower[i]!).closeTo(of([0, 1, 2].map((j) => (i === j ? lower : upper)[j]!))[i]!, 1e-12);
        expect(bounds.upper[i]!).closeTo(of([0, 1, 2].map((j) => (i === j ? upper : lower)[j]!))[i]!, 1e-12);
      }
    });

    it("loses no digits where one element dominates, or several do", async () => {
      for (const lower of [
        [40, 0, 0],
        [40, 40, 0],
        [40, 40, 40],
      ]) {
        const { lower: low, upper: high } = await modelOf(plugins, { type, operands: [[3]] }).bounds(
          { x0: perturbed(lower, { type: "box", lower, upper: lower }) },
          { method: "ibp" },
        );
        of(lower).forEach((y, i) =>
          [low, high].forEach((ends) => expect(ends[i]!).closeTo(y, 1e-12 * Math.abs(y) + 1e-15)),
        );
      }
    });

    it("is constant for a single element", async () => {
      const { lower, upper } = await modelOf(plugins, { type, operands: [[2, 1]] }).bounds(
        { x0: perturbed([0, 5], { type: "linf", eps: 2 }) },
        { method: "crown" },
      );
      for (const ends of [lower, upper])
        expect([...ends].map((end) => Math.round(end * 1e9) / 1e9)).deep.equal(type === "Softmax" ? [1, 1] : [0, 0]);
    });

    describe("of three elements", () => itHoldsItsValues(modelOf(plugins, { type, operands: [[2, 3]] })));
    describe("of two elements", () =>
      itHoldsItsValues(modelOf(plugins, { type, operands: [[2, 2]], attributes: { axis: 0 } })));
    describe("flattened", () => itHoldsItsValues(modelOf(plugins, { type, operands: [[1, 2, 2]], opset: 11 })));
    describe("of distant elements", () => itHoldsItsValues(modelOf(plugins, { type, operands: [[3]] }), { scale: 60 }));
  });
}

describe("ReduceLogSumExp", () => {
  const type = "ReduceLogSumExp";

  it("reduces the axes that an attribute or an input names, or all", async () => {
    const value = (node: Partial<OneNode>, ...more: OneNode["operands"]) =>
      valueOf(modelOf(plugins, { type, operands: [[2, 3, 2], ...more], ...node }), { x0: DATA });
    const of = (...places: number[]): number => logSumExp(places.map((place) => DATA[place]!));
    near(await value({ attributes: { axes: [1], keepdims: 0 } }), [
      of(0, 2, 4),
      of(1, 3, 5),
      of(6, 8, 10),
      of(7, 9, 11),
    ]);
    near(await value({ opset: 18 }, ints(-1, 0)), [of(0, 1, 6, 7), of(2, 3, 8, 9), of(4, 5, 10, 11)]);
    near(await value({}), [logSumExp(DATA)]);
  });

  it("refuses axes that are not there, twice there or not constant", () => {
    const code = (node: Partial<OneNode>, ...more: OneNode["operands"]) =>
      refusal(modelOf(plugins, { type, operands: [[2, 3], ...more], ...node }));
    expect(code({ attributes: { axes: [2] } })).equal("LIRPA_ATTRIBUTE");
    expect(code({ attributes: { axes: [1, -1] } })).equal("LIRPA_ATTRIBUTE");
    expect(code({ opset: 18 }, [1])).equal("LIRPA_UNSUPPORTED_ATTRIBUTE");
    expect(code({ opset: 18, attributes: { noop_with_empty_axes: 1 } })).equal("LIRPA_UNSUPPORTED_ATTRIBUTE");
  });

  describe("over one axis", () =>
    itHoldsItsValues(modelOf(plugins, { type, operands: [[2, 3]], attributes: { axes: [1], keepdims: 0 } })));
  describe("of distant elements", () => itHoldsItsValues(modelOf(plugins, { type, operands: [[4]] }), { scale: 300 }));
});

describe("The planes around a log-sum-exp", () => {
  const operator = (type: string) => plugin.operators.find((candidate) => candidate.type === type)!;
  for (const scale of [0.01, 3, 40]) {
    describe(`of elements up to ${scale}`, () => {
      itHoldsForEveryChoice(operator("ReduceLogSumExp"), { axes: [1], keepDims: false }, situations([[2, 3]], scale));
      itHoldsForEveryChoice(operator("LogSoftmax"), { axes: [0, 2] }, situations([[2, 1, 2]], scale));
    });
  }

  it("are as good as the chord of softplus for two elements", async () => {
    // log(exp(x) + exp(0)) on a small box: the chord lies w² p (1 − p) / 2 above in the middle, for widths that are
    // small.
    const [middle, width] = [1.5, 0.02];
    const model = modelOf(plugins, { type: "LogSoftmax", operands: [[2]] });
    const lower = [middle - width / 2, 0];
    const { lower: ends } = await model.bounds(
      { x0: perturbed(lower, { type: "box", lower, upper: [middle + width / 2, 0] }) },
      { method: "crown", spec: [[0, 1]] },
    );
    const exact = -logSumExp([middle + width / 2, 0]);
    expect(ends[0]!)
      .at.most(exact + 1e-12)
      .and.at.least(exact - 1e-7);
  });
});

describe("In float32", () => {
  const executor = onnxRuntimeExecutor();
  for (const type of ["Softmax", "LogSoftmax", "ReduceLogSumExp"]) {
    it(`${type} overflows nowhere`, async () => {
      const model = modelOf(plugins, { type, operands: [[4]], executor });
      for (const center of [
        [1000, -1000, 0, 999],
        [0, 0, 0, 0],
        [-1e4, 1e4, 1e4, 50],
      ]) {
        for (const eps of [0, 1e-6, 1, 2000]) {
          for (const method of ["ibp", "crown"]) {
            const { lower, upper } = await model.bounds({ x0: perturbed(center, { type: "linf", eps }) }, { method });
            const { data } = await valueOf(model, { x0: center });
            data.forEach((y, i) => {
              const slack = 1e-5 * (1 + Math.abs(y) + Math.max(...center.map(Math.abs)));
              expect(lower[i]!).at.most(y + slack);
              expect(upper[i]!).at.least(y - slack);
              expect([lower[i], upper[i]].every(Number.isFinite)).equal(true);
            });
          }
        }
      }
    });
  }
});
