import { readFileSync } from "node:fs";
import { expect } from "chai";
import {
  itHoldsForEveryChoice,
  itHoldsItsValues,
  modelOf,
  modelOfNodes,
  refusal,
  situations,
  tensor,
  valueOf,
  type OneNode,
  type Situation,
} from "@lirpa/conformance/kit";
import { perturbed } from "@lirpa/core";
import type { Plugin } from "@lirpa/core/plugin";
import lp from "@lirpa/perturbation-lp";
import activation from "@lirpa/plugin-activation";
import linear from "@lirpa/plugin-linear";
import reduction from "@lirpa/plugin-reduction";
import shape from "@lirpa/plugin-shape";
import smooth from "@lirpa/plugin-smooth";
import plugin from "./index.js";

const plugins: readonly Plugin[] = [plugin, activation, linear, reduction, shape, smooth, lp];

const mean = (xs: readonly number[]): number => xs.reduce((sum, x) => sum + x, 0) / xs.length;
const standardized = (xs: readonly number[], epsilon: number): number[] => {
  const center = mean(xs);
  return xs.map((x) => (x - center) / Math.sqrt(mean(xs.map((other) => (other - center) ** 2)) + epsilon));
};
const near = ({ data }: { data: readonly number[] }, wanted: readonly number[]): void => {
  expect(data).length(wanted.length);
  wanted.forEach((value, i) => expect(data[i]!).closeTo(value, 1e-9));
};

const DATA = [1, -2, 0.5, 3, 3, -1, 0, 2];
const value = (node: OneNode) => valueOf(modelOf(plugins, node), { x0: DATA });

describe("LayerNormalization", () => {
  const type = "LayerNormalization";
  const scale = tensor([4], [1, 2, -1, 0.5]);
  const bias = tensor([4], [0, 1, 2, 3]);

  it("standardizes over the axes from one on, scales and shifts", async () => {
    const rows = [DATA.slice(0, 4), DATA.slice(4)].flatMap((row) => standardized(row, 1e-5));
    near(
      await value({ type, operands: [[2, 4], scale, bias] }),
      rows.map((y, i) => y * scale.data[i % 4]! + bias.data[i % 4]!),
    );
    near(
      await value({ type, operands: [[2, 4], scale] }),
      rows.map((y, i) => y * scale.data[i % 4]!),
    );
    const ones = tensor([2, 2], [1, 1, 1, 1]);
    near(
      await value({ type, operands: [[2, 2, 2], ones], attributes: { axis: 1, epsilon: 0.1 } }),
      [DATA.slice(0, 4), DATA.slice(4)].flatMap((row) => standardized(row, 0.1)),
    );
  });

  it("gives mean and inverse deviation as well", async () => {
    const node = { name: "node", type, domain: "", inputs: ["x", "scale"], attributes: {} };
    const add = { name: "add", type: "Add", domain: "", inputs: ["mean", "inverse"], outputs: ["y"], attributes: {} };
    const model = modelOfNodes(plugins, { x: [2, 4] }, { scale }, [
      { ...node, outputs: ["n", "mean", "inverse"] },
      add,
    ]);
    const { y } = await model.forward({ x: DATA });
    expect(y!.shape).deep.equal([2, 1]);
    [DATA.slice(0, 4), DATA.slice(4)].forEach((row, i) => {
      const center = mean(row);
      expect(y!.data[i]!).closeTo(center + 1 / Math.sqrt(mean(row.map((x) => (x - center) ** 2)) + 1e-5), 1e-9);
    });
  });

  it("never leaves ±√(n − 1), however wide the box", async () => {
    const model = modelOf(plugins, { type, operands: [[1, 4], tensor([4], [1, 1, 1, 1])] });
    for (const method of ["ibp", "crown-ibp", "crown"]) {
      const { lower, upper } = await model.bounds(
        { x0: perturbed([0, 1, 2, 3], { type: "linf", eps: 50 }) },
        { method },
      );
      for (const end of [...lower, ...upper]) expect(Math.abs(end)).at.most(Math.sqrt(3) + 1e-9);
    }
  });

  describe("of small numbers", () =>
    itHoldsItsValues(
      modelOf(plugins, { type, operands: [[2, 3], tensor([3], [1, -2, 0.5]), tensor([3], [1, 0, 0])] }),
    ));
  describe("of large numbers", () =>
    itHoldsItsValues(modelOf(plugins, { type, operands: [[1, 4], tensor([4], [1, 1, 1, 1])] }), { scale: 1000 }));
});

describe("InstanceNormalization", () => {
  const operands: OneNode["operands"] = [[1, 2, 4], tensor([2], [2, -1]), tensor([2], [0, 1])];

  it("standardizes each channel over its spatial axes", async () => {
    const wanted = [
      ...standardized(DATA.slice(0, 4), 1e-5).map((y) => 2 * y),
      ...standardized(DATA.slice(4), 1e-5).map((y) => 1 - y),
    ];
    near(await value({ type: "InstanceNormalization", operands }), wanted);
    near(await value({ type: "InstanceNormalization", operands: [[1, 2, 2, 2], ...operands.slice(1)] }), wanted);
  });

  it("refuses parameters that are not one for each channel", () => {
    expect(
      refusal(
        modelOf(plugins, {
          type: "InstanceNormalization",
          operands: [[1, 2, 4], tensor([3], [1, 1, 1]), tensor([2], [0, 1])],
        }),
      ),
    ).equal("LIRPA_SHAPE");
    expect(
      refusal(
        modelOf(plugins, {
          type: "InstanceNormalization",
          operands: [[2, 2], tensor([2], [1, 1]), tensor([2], [0, 1])],
        }),
      ),
    ).equal("LIRPA_SHAPE");
  });

  itHoldsItsValues(modelOf(plugins, { type: "InstanceNormalization", operands: [[1, 2, 3], ...operands.slice(1)] }));
});

describe("GroupNormalization", () => {
  const type = "GroupNormalization";
  const groups = [standardized(DATA.slice(0, 4), 1e-5), standardized(DATA.slice(4), 1e-5)].flat();

  it("has a scale and a bias for each channel since opset 21", async () => {
    const [scale, bias] = [tensor([4], [1, 2, 3, 4]), tensor([4], [0, 1, 0, 1])];
    const wanted = groups.map((y, i) => y * scale.data[Math.floor(i / 2)]! + bias.data[Math.floor(i / 2)]!);
    near(await value({ type, operands: [[1, 4, 2], scale, bias], attributes: { num_groups: 2 }, opset: 21 }), wanted);
  });

  it("had them for each group before", async () => {
    const [scale, bias] = [tensor([2], [1, 2]), tensor([2], [0, 1])];
    const wanted = groups.map((y, i) => y * scale.data[Math.floor(i / 4)]! + bias.data[Math.floor(i / 4)]!);
    near(
      await value({ type, operands: [[1, 4, 2, 1], scale, bias], attributes: { num_groups: 2 }, opset: 18 }),
      wanted,
    );
  });

  it("refuses groups that do not divide the channels", () => {
    const [scale, bias] = [tensor([4], [1, 1, 1, 1]), tensor([4], [0, 0, 0, 0])];
    for (const attributes of [{ num_groups: 3 }, {}]) {
      expect(refusal(modelOf(plugins, { type, operands: [[1, 4, 2], scale, bias], attributes, opset: 21 }))).equal(
        "LIRPA_ATTRIBUTE",
      );
    }
  });

  itHoldsItsValues(
    modelOf(plugins, {
      type,
      operands: [[1, 4, 1], tensor([4], [1, 2, 3, 4]), tensor([4], [0, 1, 0, 1])],
      attributes: { num_groups: 2 },
      opset: 21,
    }),
  );
});

describe("RMSNormalization", () => {
  const scale = tensor([4], [1, 2, 3, 4]);

  it("divides by the root mean square", async () => {
    const wanted = [DATA.slice(0, 4), DATA.slice(4)].flatMap((row) =>
      row.map((x, i) => (x * scale.data[i]!) / Math.sqrt(mean(row.map((other) => other * other)) + 1e-5)),
    );
    near(await value({ type: "RMSNormalization", operands: [[2, 4], scale], opset: 23 }), wanted);
  });

  itHoldsItsValues(modelOf(plugins, { type: "RMSNormalization", operands: [[1, 4], scale], opset: 23 }));
});

describe("The rules of normalizations", () => {
  const operator = (type: string) => plugin.operators.find((candidate) => candidate.type === type)!;

  // Bounds of a variance may be negative, the variance is not.
  const variances = situations([[4]], 2).map(({ intervals, points }): Situation => ({
    intervals: intervals.map(({ lower, upper }) => ({
      lower,
      upper: tensor(
        [4],
        [...upper.data].map((x) => Math.max(0, x)),
      ),
    })),
    points: points.map(([point]) => [
      tensor(
        [4],
        [...point!.data].map((x) => Math.max(0, x)),
      ),
    ]),
  }));
  itHoldsForEveryChoice(operator("InverseDeviation"), { epsilon: 1e-5 }, variances);
  itHoldsForEveryChoice(operator("InverseDeviation"), { epsilon: 0.5 }, variances);

  const bounded = situations([[4]], 6).map(({ intervals, points }): Situation => ({
    intervals: intervals.map(({ lower, upper }) => ({
      lower: tensor(
        [4],
        [...lower.data].map((x) => Math.min(x, 1)),
      ),
      upper: tensor(
        [4],
        [...upper.data].map((x) => Math.max(x, -1)),
      ),
    })),
    points: points.map(([point]) => [
      tensor(
        [4],
        [...point!.data].map((x) => Math.max(-1, Math.min(1, x))),
      ),
    ]),
  }));
  itHoldsForEveryChoice(operator("Standardized"), { bound: 1 }, bounded);
});

describe("The normalization pack", () => {
  it("declares in its manifest what it provides", () => {
    const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
      lirpa: { operators: string[] };
    };
    const names = plugin.operators.map(({ domain, type }) => (domain === undefined ? type : `${domain}:${type}`));
    expect(manifest.lirpa.operators).deep.equal(names.sort());
  });
});
