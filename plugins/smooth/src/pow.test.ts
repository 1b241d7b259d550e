import { expect } from "chai";
import { composeLirpa, isLirpaError, perturbed, type Model } from "@lirpa/core";
import type { HostTensor } from "@lirpa/core/plugin";
import { onnxRuntimeExecutor } from "@lirpa/executor-onnxruntime";
import lp from "@lirpa/perturbation-lp";
import linear from "@lirpa/plugin-linear";
import shape from "@lirpa/plugin-shape";
import plugin from "./index.js";

const tensor = (
  sizes: readonly number[],
  data: readonly number[],
  dtype: HostTensor["dtype"] = "float",
): HostTensor => ({ shape: sizes, dtype, data: Float64Array.from(data) });
const lirpa = composeLirpa({ plugins: [plugin, linear, shape, lp], executor: onnxRuntimeExecutor() });

/** A model of one Pow; what is no tensor is the shape of an input, the first of which is called `x`. */
function power(base: HostTensor | readonly number[], exponent: HostTensor | readonly number[] = [1]): Model {
  const initializers = new Map<string, HostTensor>();
  const inputs: { name: string; shape: readonly number[]; dtype: "float" }[] = [];
  const name = (operand: HostTensor | readonly number[], constant: string): string => {
    if ("data" in operand) return initializers.set(constant, operand) && constant;
    const input = inputs.length === 0 ? "x" : "y0";
    inputs.push({ name: input, shape: operand, dtype: "float" });
    return input;
  };
  const nodes = [
    {
      name: "pow",
      type: "Pow",
      domain: "",
      inputs: [name(base, "base"), name(exponent, "exponent")],
      outputs: ["y"],
      attributes: {},
    },
  ];
  return lirpa.model({ name: "power", inputs, outputs: ["y"], initializers, nodes, opsets: new Map([["", 15]]) });
}

async function expectHolds(model: Model, lower: readonly number[], upper: readonly number[]): Promise<void> {
  const box = perturbed(lower, { type: "box", lower: [...lower], upper: [...upper] });
  for (const method of ["ibp", "crown"]) {
    const bounds = await model.bounds({ x: box }, { method });
    for (const share of [0, 0.2, 0.5, 0.8, 1]) {
      const { y } = await model.forward({ x: lower.map((l, i) => l + share * (upper[i]! - l)) });
      y!.data.forEach((value, i) =>
        expect(value).within(
          bounds.lower[i]! - 1e-4 * (1 + Math.abs(value)),
          bounds.upper[i]! + 1e-4 * (1 + Math.abs(value)),
        ),
      );
    }
  }
}

describe("Pow", () => {
  it("takes one exponent for all elements, of integers too", async () => {
    await expectHolds(power([2, 2], tensor([], [3], "int")), [-1, -2, 0, 1], [1, -1, 0, 2]);
    expect([...(await power([2], tensor([1], [3], "int")).forward({ x: [2, -2] }))["y"]!.data]).deep.equal([8, -8]);
  });

  it("cuts powers of integers to integers, as their type says", async () => {
    const model = power(tensor([4], [4, 9, 2, 3], "int"), tensor([4], [0.5, 1.5, -1, 2]));
    const { nodes } = model.graph;
    const plus = { name: "plus", type: "Add", domain: "", inputs: ["f", "x"], outputs: ["z"], attributes: {} };
    const cast = { name: "cast", type: "Cast", domain: "", inputs: ["y"], outputs: ["f"], attributes: { to: 1 } };
    const inputs = [{ name: "x", shape: [4], dtype: "float" as const }];
    const sum = lirpa.model({ ...model.graph, inputs, nodes: [...nodes, cast, plus], outputs: ["z"] });
    expect([...(await sum.forward({ x: [0, 0, 0, 0] }))["z"]!.data]).deep.equal([2, 27, 0, 9]);
  });

  it("refuses integers to the power of what is perturbed: the result would jump", () => {
    expect(() => power(tensor([3], [1, 2, 3], "int"), [3]).check()).to.throw(
      /pow: the base of Pow holds integers, and its exponent is not a constant/,
    );
  });

  it("takes an exponent for each element", async () => {
    const model = power([2, 3], tensor([3], [2, 0.5, -1]));
    expect([...(await model.forward({ x: [3, 4, 2, -1, 9, 4] }))["y"]!.data]).deep.equal([9, 2, 0.5, 1, 3, 0.25]);
    await expectHolds(model, [-1, 1, 1, -3, 0, 2], [2, 4, 3, -1, 1, 5]);
  });

  it("broadcasts its base to its exponents", async () => {
    const model = power([1, 2], tensor([3, 1], [2, 1, 3]));
    const { y } = await model.forward({ x: [2, -1] });
    expect([y!.shape, [...y!.data]]).deep.equal([
      [3, 2],
      [4, 1, 2, -1, 8, -1],
    ]);
    await expectHolds(model, [-1, 1], [2, 3]);
  });

  it("is Sqrt, Reciprocal or nothing at all for exponents that are so", () => {
    const types = (exponent: number): string[] =>
      power([2], tensor([], [exponent]))
        .explain()
        .map(({ operator }) => operator);
    expect([0.5, -1, 1, 2].map(types)).deep.equal([["Sqrt"], ["Reciprocal"], ["Identity"], ["Pow"]]);
  });

  it("takes a constant positive base as an exponential function", async () => {
    const model = power(tensor([2], [2, 0.5]), [2]);
    const { y } = await model.forward({ x: [3, 3] });
    expect(y!.data[0]!).closeTo(8, 1e-5);
    expect(y!.data[1]!).closeTo(0.125, 1e-6);
    await expectHolds(model, [-2, -2], [3, 1]);
  });

  it("works on constants", async () => {
    expect([...(await power(tensor([2], [2, 3], "int"), tensor([], [2], "int")).forward({}))["y"]!.data]).deep.equal([
      4, 9,
    ]);
  });

  it("refuses an exponent that is no constant", () => {
    for (const base of [[1], tensor([2], [2, -1])]) {
      try {
        power(base, [1]).check();
      } catch (error) {
        expect(isLirpaError(error) && [error.code, error.message, error.hint]).deep.equal([
          "LIRPA_UNSUPPORTED_ATTRIBUTE",
          "pow: the exponent of Pow is not a constant. " +
            "Powers are supported of constant exponents, and of constant positive bases.",
          "Powers are supported of constant exponents, and of constant positive bases.",
        ]);
        continue;
      }
      expect.fail("nothing was refused");
    }
  });
});
