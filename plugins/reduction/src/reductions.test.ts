import { readFileSync } from "node:fs";
import { expect } from "chai";
import {
  ints,
  itHoldsForEveryChoice,
  itHoldsItsValues,
  modelOf,
  refusal,
  situations,
  tensor,
  valueOf,
  type OneNode,
} from "@lirpa/conformance/kit";
import type { Plugin } from "@lirpa/core/plugin";
import activation from "@lirpa/plugin-activation";
import linear from "@lirpa/plugin-linear";
import shape from "@lirpa/plugin-shape";
import smooth from "@lirpa/plugin-smooth";
import plugin from "./index.js";

const plugins: readonly Plugin[] = [plugin, activation, linear, shape, smooth];

const sum = (xs: readonly number[]): number => xs.reduce((total, x) => total + x, 0);

/** Each reduction as a function of the reduced elements. */
const REDUCTIONS: Readonly<Record<string, (xs: readonly number[]) => number>> = {
  ReduceSum: sum,
  ReduceMean: (xs) => sum(xs) / xs.length,
  ReduceMax: (xs) => Math.max(...xs),
  ReduceMin: (xs) => Math.min(...xs),
  ReduceL1: (xs) => sum(xs.map(Math.abs)),
  ReduceL2: (xs) => Math.hypot(...xs),
  ReduceSumSquare: (xs) => sum(xs.map((x) => x * x)),
  ReduceLogSum: (xs) => Math.log(sum(xs)),
};

const DATA = [4, 1, 3, 2, 0.5, 7, 6, 2.5, 9, 8, 5, 10];

for (const [type, of] of Object.entries(REDUCTIONS)) {
  describe(type, () => {
    const reduce = (node: Partial<OneNode>, ...more: OneNode["operands"]) =>
      valueOf(modelOf(plugins, { type, operands: [[2, 3, 2], ...more], ...node }), { x0: DATA });
    const near = (
      { shape, data }: { shape: readonly number[]; data: readonly number[] },
      wantedShape: readonly number[],
      wanted: readonly number[],
    ): void => {
      expect(shape).deep.equal(wantedShape);
      wanted.forEach((value, i) => expect(data[i]!).closeTo(value, 1e-12 * (1 + Math.abs(value))));
    };
    const pick = (...places: number[]): number => of(places.map((place) => DATA[place]!));

    it("takes its axes from an attribute", async () => {
      near(
        await reduce({ attributes: { axes: [1] } }),
        [2, 1, 2],
        [pick(0, 2, 4), pick(1, 3, 5), pick(6, 8, 10), pick(7, 9, 11)],
      );
      near(
        await reduce({ attributes: { axes: [-1, 0], keepdims: 0 } }),
        [3],
        [pick(0, 1, 6, 7), pick(2, 3, 8, 9), pick(4, 5, 10, 11)],
      );
    });

    it("takes its axes from an input", async () => {
      near(
        await reduce({ opset: 18, attributes: { keepdims: 0 } }, ints(2, 0)),
        [3],
        [pick(0, 1, 6, 7), pick(2, 3, 8, 9), pick(4, 5, 10, 11)],
      );
    });

    it("takes all axes where none are given", async () => {
      near(await reduce({}), [1, 1, 1], [of(DATA)]);
      near(await reduce({ opset: 18, attributes: { keepdims: 0 } }, ints()), [], [of(DATA)]);
    });

    it("refuses axes that are not there, twice there or not constant", () => {
      const code = (node: Partial<OneNode>, ...more: OneNode["operands"]) =>
        refusal(modelOf(plugins, { type, operands: [[2, 3], ...more], ...node }));
      expect(code({ attributes: { axes: [2] } })).equal("LIRPA_ATTRIBUTE");
      expect(code({ attributes: { axes: [1, -1] } })).equal("LIRPA_ATTRIBUTE");
      expect(code({ opset: 18 }, [1])).equal("LIRPA_UNSUPPORTED_ATTRIBUTE");
    });

    const positive = type === "ReduceLogSum" ? { least: 0.01 } : {};
    describe("over one axis", () =>
      itHoldsItsValues(modelOf(plugins, { type, operands: [[2, 3]], attributes: { axes: [1] } }), positive));
    describe("over several axes", () =>
      itHoldsItsValues(
        modelOf(plugins, { type, operands: [[2, 2, 2]], attributes: { axes: [0, 2], keepdims: 0 } }),
        positive,
      ));
  });
}

describe("Reductions without axes", () => {
  it("reduce nothing if the node says so", async () => {
    for (const type of ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin"]) {
      const model = modelOf(plugins, { type, operands: [[2]], opset: 18, attributes: { noop_with_empty_axes: 1 } });
      expect(await valueOf(model, { x0: [1, -2] }), type).deep.equal({ shape: [2], data: [1, -2] });
    }
  });

  it("are refused where they would do more than reduce", () => {
    for (const type of ["ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSum"]) {
      expect(
        refusal(modelOf(plugins, { type, operands: [[2]], opset: 18, attributes: { noop_with_empty_axes: 1 } })),
        type,
      ).equal("LIRPA_UNSUPPORTED_ATTRIBUTE");
    }
  });
});

describe("Reductions with planes of their own", () => {
  const operator = (type: string) => plugin.operators.find((candidate) => candidate.type === type)!;
  for (const type of ["ReduceMax", "ReduceL2"]) {
    itHoldsForEveryChoice(operator(type), { axes: [1], keepDims: false }, situations([[2, 3]]));
    itHoldsForEveryChoice(operator(type), { axes: [0, 2], keepDims: true }, situations([[2, 1, 2]], 50));
  }
  describe("stay finite for huge elements", () =>
    itHoldsItsValues(modelOf(plugins, { type: "ReduceL2", operands: [[3]] }), { scale: 1e6 }));
});

describe("On constants", () => {
  const value = (node: OneNode) => valueOf(modelOf(plugins, node));

  it("sums, extrema and products of integers are integers", async () => {
    const operands = [tensor([2, 2], [1, 2, 3, 4], "int")];
    const attributes = { axes: [0], keepdims: 0 };
    expect((await value({ type: "ReduceSum", operands, attributes })).data).deep.equal([4, 6]);
    expect((await value({ type: "ReduceMax", operands, attributes })).data).deep.equal([3, 4]);
    expect((await value({ type: "ReduceMin", operands, attributes })).data).deep.equal([1, 2]);
    expect(await value({ type: "ReduceProd", operands, attributes })).deep.equal({ shape: [2], data: [3, 8] });
    expect(await value({ type: "ReduceProd", operands })).deep.equal({ shape: [1, 1], data: [24] });
  });

  it("ArgMax and ArgMin name the first of equal elements", async () => {
    const operands = [tensor([2, 3], [1, 3, 3, 5, 4, 4])];
    expect(await value({ type: "ArgMax", operands, attributes: { axis: 1 } })).deep.equal({
      shape: [2, 1],
      data: [1, 0],
    });
    expect(await value({ type: "ArgMin", operands, attributes: { axis: -1, keepdims: 0 } })).deep.equal({
      shape: [2],
      data: [0, 1],
    });
  });

  it("products and positions of open values are refused", () => {
    for (const type of ["ReduceProd", "ArgMax", "ArgMin"])
      expect(refusal(modelOf(plugins, { type, operands: [[2]] })), type).equal("LIRPA_UNSUPPORTED_ATTRIBUTE");
    expect(
      refusal(modelOf(plugins, { type: "ArgMax", operands: [ints(1)], attributes: { select_last_index: 1 } })),
    ).equal("LIRPA_UNSUPPORTED_ATTRIBUTE");
  });
});

describe("The reduction pack", () => {
  it("declares in its manifest what it provides", () => {
    const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
      lirpa: { operators: string[] };
    };
    expect(manifest.lirpa.operators).deep.equal(plugin.operators.map(({ type }) => type).sort());
  });
});
