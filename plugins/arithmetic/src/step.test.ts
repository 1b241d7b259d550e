import { expect } from "chai";
import fc from "fast-check";
import {
  itHoldsForEveryChoice,
  itHoldsItsValues,
  modelOf,
  reals,
  situations,
  tensor,
  valueOf,
} from "@lirpa/conformance/kit";
import { perturbed } from "@lirpa/core";
import lp from "@lirpa/perturbation-lp";
import linear from "@lirpa/plugin-linear";
import shape from "@lirpa/plugin-shape";
import smooth from "@lirpa/plugin-smooth";
import plugin from "./index.js";

const plugins = [plugin, linear, shape, smooth, lp];
const halfToEven = (x: number): number => (x % 1 === 0.5 || x % 1 === -0.5 ? 2 * Math.round(x / 2) : Math.round(x));
const STEPS = { Floor: Math.floor, Ceil: Math.ceil, Round: halfToEven };

for (const [type, of] of Object.entries(STEPS)) {
  describe(type, () => {
    const points = [-2.5, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2.5, 2.4999];

    it("computes its function", async () => {
      const { data } = await valueOf(modelOf(plugins, { type, operands: [[points.length]] }), { x0: points });
      data.forEach((value, i) => expect(value).closeTo(of(points[i]!), 0));
    });

    it("folds constants", async () => {
      expect((await valueOf(modelOf(plugins, { type, operands: [tensor([2], [1.2, -3.7])] }))).data).deep.equal([
        of(1.2),
        of(-3.7),
      ]);
    });

    it("has bounds that end at values", () =>
      fc.assert(
        fc.asyncProperty(reals(-5, 5), reals(0, 3), async (l, width) => {
          for (const method of ["ibp", "crown"]) {
            const { lower, upper } = await model.bounds(
              { x0: perturbed([l], { type: "box", lower: [l], upper: [l + width] }) },
              { method },
            );
            expect([lower[0]! + 0, upper[0]! + 0]).deep.equal([of(l) + 0, of(l + width) + 0]);
          }
        }),
      ));

    const model = modelOf(plugins, { type, operands: [[1]] });
    itHoldsItsValues(modelOf(plugins, { type, operands: [[3]] }));
    itHoldsForEveryChoice(
      plugin.operators.find((operator) => operator.type === type)!,
      undefined,
      situations([[5]]),
    );
  });
}
