import { callsOf, isNear, situations } from "@lirpa/conformance/kit";
import { Vocabulary } from "@lirpa/core/recording";
import { expect } from "chai";
import fc from "fast-check";
import plugin from "./index.js";

const reduceMax = callsOf(plugin).operator("ReduceMax", "custom");

describe("The plane above ReduceMax", () => {
  it("is no higher than the greatest value, and has it where all elements are greatest", () => {
    fc.assert(
      fc.property(situations([[4]]), ({ intervals: [interval] }) => {
        const t = new Vocabulary();
        const context = { t, attributes: { axes: [0], keepDims: false }, node: "node" };
        const ends = { lower: t.constant(interval!.lower), upper: t.constant(interval!.upper) };
        const one = t.constant(1);
        const {
          inputs: [weights],
          bias,
        } = reduceMax.backward!(context, [{ lower: one, upper: one }], [ends]);
        const value = t.constantValue(t.add(t.dot(weights!.upper, ends.upper), bias.upper))!.data;
        expect(
          isNear(value, [Math.max(...interval!.upper.data)]),
          `${value[0]} instead of the maximum of ${interval!.upper.data.join(", ")}`,
        ).to.equal(true);
      }),
    );
  });
});
