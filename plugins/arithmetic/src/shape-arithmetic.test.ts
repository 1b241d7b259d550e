import { readFileSync } from "node:fs";
import { expect } from "chai";
import { ints, itHoldsItsValues, modelOf, refusal, tensor, valueOf, type OneNode } from "@lirpa/conformance/kit";
import linear from "@lirpa/plugin-linear";
import shape from "@lirpa/plugin-shape";
import smooth from "@lirpa/plugin-smooth";
import plugin from "./index.js";

const plugins = [plugin, linear, shape, smooth];
const value = async (node: OneNode) => (await valueOf(modelOf(plugins, node))).data;

describe("Mod", () => {
  const [dividends, divisors] = [ints(5, -5, 5, -5, 6), ints(3, 3, -3, -3, 3)];

  it("has the sign of the divisor", async () => {
    expect(await value({ type: "Mod", operands: [dividends, divisors] })).deep.equal([2, 1, -1, -2, 0]);
  });

  it("has the sign of the dividend with fmod", async () => {
    const attributes = { fmod: 1 };
    expect((await value({ type: "Mod", operands: [dividends, divisors], attributes })).map((x) => x + 0)).deep.equal([
      2, -2, 2, -2, 0,
    ]);
    const [half] = await value({ type: "Mod", operands: [tensor([1], [-5.5]), tensor([1], [2])], attributes });
    expect(half).equal(-1.5);
  });

  it("refuses floats without fmod, and zero divisors", () => {
    const code = (node: OneNode) => refusal(modelOf(plugins, node));
    expect(code({ type: "Mod", operands: [tensor([1], [5.5]), tensor([1], [2])] })).equal("LIRPA_ATTRIBUTE");
    expect(code({ type: "Mod", operands: [ints(5), ints(0)] })).equal("LIRPA_ATTRIBUTE");
  });
});

describe("Comparisons and logic", () => {
  const [a, b] = [ints(1, 2, 3), ints(2, 2, 2)];
  const bools = (...data: number[]) => tensor([data.length], data, "bool");

  it("work on constants", async () => {
    expect(await value({ type: "Greater", operands: [a, b] })).deep.equal([0, 0, 1]);
    expect(await value({ type: "GreaterOrEqual", operands: [a, b] })).deep.equal([0, 1, 1]);
    expect(await value({ type: "Less", operands: [a, b] })).deep.equal([1, 0, 0]);
    expect(await value({ type: "LessOrEqual", operands: [a, b] })).deep.equal([1, 1, 0]);
    expect(await value({ type: "And", operands: [bools(0, 0, 1, 1), bools(0, 1, 0, 1)] })).deep.equal([0, 0, 0, 1]);
    expect(await value({ type: "Or", operands: [bools(0, 0, 1, 1), bools(0, 1, 0, 1)] })).deep.equal([0, 1, 1, 1]);
    expect(await value({ type: "Not", operands: [bools(0, 1)] })).deep.equal([1, 0]);
  });

  it("refuse what a perturbation could reach", () => {
    for (const type of ["Greater", "GreaterOrEqual", "Less", "LessOrEqual", "And", "Or", "Mod"]) {
      expect(refusal(modelOf(plugins, { type, operands: [[3], b] })), type).equal("LIRPA_UNSUPPORTED_ATTRIBUTE");
    }
  });
});

describe("Mean", () => {
  it("takes one or more operands and broadcasts", async () => {
    const model = modelOf(plugins, { type: "Mean", operands: [[2, 1], [2], tensor([], [3])] });
    expect((await valueOf(model, { x0: [0, 6], x1: [3, 0] })).data).deep.equal([2, 1, 4, 3]);
  });

  itHoldsItsValues(modelOf(plugins, { type: "Mean", operands: [[2, 1], [2], tensor([], [3])] }));
});

describe("The arithmetic pack", () => {
  it("declares in its manifest what it provides", () => {
    const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
      lirpa: { operators: string[] };
    };
    const names = plugin.operators.map(({ domain, type }) => (domain === undefined ? type : `${domain}:${type}`));
    expect(manifest.lirpa.operators).deep.equal(names.sort());
  });
});
