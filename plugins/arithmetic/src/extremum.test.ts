import { expect } from "chai";
import {
  itHoldsForEveryChoice,
  itHoldsItsValues,
  modelOf,
  modelOfNodes,
  situations,
  tensor,
  valueOf,
  type OneNode,
  type Situation,
} from "@lirpa/conformance/kit";
import { perturbed } from "@lirpa/core";
import type { Operator, Plugin } from "@lirpa/core/plugin";
import lp from "@lirpa/perturbation-lp";
import linear from "@lirpa/plugin-linear";
import shape from "@lirpa/plugin-shape";
import smooth from "@lirpa/plugin-smooth";
import plugin from "./index.js";

const plugins: readonly Plugin[] = [plugin, linear, shape, smooth, lp];

const EXTREMA = { Max: Math.max, Min: Math.min };

function operator(type: string): Operator {
  return plugin.operators.find((candidate) => candidate.type === type)!;
}

for (const type of ["Max", "Min"] as const) {
  const of = EXTREMA[type];
  describe(type, () => {
    it("takes one, two or more operands and broadcasts", async () => {
      const value = (operands: OneNode["operands"], inputs: Record<string, number[]>) =>
        valueOf(modelOf(plugins, { type, operands }), inputs);
      expect(await value([[2]], { x0: [3, -1] })).deep.equal({ shape: [2], data: [3, -1] });
      expect(await value([[2], [2]], { x0: [3, -1], x1: [2, 5] })).deep.equal({
        shape: [2],
        data: [of(3, 2), of(-1, 5)],
      });
      expect(await value([[2, 1], [3], []], { x0: [1, 4], x1: [0, 2, 6], x2: [3] })).deep.equal({
        shape: [2, 3],
        data: [of(1, 0, 3), of(1, 2, 3), of(1, 6, 3), of(4, 0, 3), of(4, 2, 3), of(4, 6, 3)],
      });
      expect(await value([tensor([], [1]), [2], tensor([2, 1], [0, 2])], { x1: [3, -1] })).deep.equal({
        shape: [2, 2],
        data: [of(1, 3, 0), of(1, -1, 0), of(1, 3, 2), of(1, -1, 2)],
      });
    });

    it("works on constants, of integers too", async () => {
      const model = modelOf([...plugins], { type, operands: [tensor([2], [3, 7], "int"), tensor([], [5], "int")] });
      expect((await valueOf(model)).data).deep.equal([of(3, 5), of(7, 5)]);
    });

    it("is the other operand beside a constant that is far away", async () => {
      const far = type === "Max" ? -3.4e38 : 3.4e38;
      const model = modelOf(plugins, { type, operands: [[1], tensor([], [far])] });
      expect((await valueOf(model, { x0: [0.1] })).data).deep.equal([0.1]);
    });

    const shapes: Readonly<Record<string, OneNode["operands"]>> = {
      "two operands": [[3], [3]],
      "three operands that broadcast": [[2, 1], [3], []],
      "an operand and a constant": [[2, 2], tensor([2], [0.5, -1])],
      "two operands and constants": [tensor([], [0]), [2], [2], tensor([2, 1], [1, -2])],
    };
    for (const [name, operands] of Object.entries(shapes))
      describe(`of ${name}`, () => itHoldsItsValues(modelOf(plugins, { type, operands })));
    describe("of huge operands", () =>
      itHoldsItsValues(modelOf(plugins, { type, operands: [[2], [2]] }), { scale: 1e6 }));
  });
}

describe("The rules of extrema", () => {
  for (const type of ["AtLeast", "AtMost"]) {
    const fixed = situations([[4], [4]]).map(({ intervals: [x, c], points }): Situation => ({
      intervals: [x!, { lower: c!.lower, upper: c!.lower }],
      points: points.map(([point]) => [point!, c!.lower]),
    }));
    itHoldsForEveryChoice(operator(type), undefined, fixed);
  }
  for (const type of ["Greatest", "Least"]) {
    itHoldsForEveryChoice(operator(type), undefined, situations([[4], [4]]).map(withDifference));
  }

  it("are exact where the operands' difference has one sign, however wide both are", async () => {
    // max(x + 0.5, x) = x + 0.5.
    const node = { domain: "", attributes: {} };
    const model = modelOfNodes(plugins, { x: [1] }, { gap: tensor([], [0.5]) }, [
      { ...node, name: "ahead", type: "Add", inputs: ["x", "gap"], outputs: ["ahead"] },
      { ...node, name: "max", type: "Max", inputs: ["ahead", "x"], outputs: ["y"] },
    ]);
    const { lower, upper } = await model.bounds({ x: perturbed([0], { type: "linf", eps: 3 }) }, { method: "crown" });
    expect(lower[0]).closeTo(-2.5, 1e-9);
    expect(upper[0]).closeTo(3.5, 1e-9);
  });
});

/** The same operands with their difference in front, which is known as well as the points allow. */
function withDifference({ intervals, points }: Situation): Situation {
  const differences = points.map(([a, b]) =>
    tensor(
      [4],
      [...a!.data].map((value, i) => value - b!.data[i]!),
    ),
  );
  const extreme = (pick: (...values: number[]) => number) =>
    tensor(
      [4],
      [0, 1, 2, 3].map((i) => pick(...differences.map(({ data }) => data[i]!))),
    );
  return {
    intervals: [{ lower: extreme(Math.min), upper: extreme(Math.max) }, ...intervals],
    points: points.map((point, i) => [differences[i]!, ...point]),
  };
}
