import { defineOperator, definePlugin, type Operator } from "@lirpa/core/plugin";
import { expect } from "chai";
import { lp, perturbed } from "lirpa";
import { graph, randomTensor, referenceLirpa, sampleBox, seeded } from "./graphs.js";

/** |x|, by a stranger who gives an interval and no linear bounds. */
const interval: Operator = defineOperator({
  type: "Distance",
  domain: "test",
  sinceVersion: 1,
  kind: "custom",
  inputs: ["X"],
  forward: ({ t }, x) => t.abs(x),
  interval: ({ t }, x) => ({
    lower: t.relu(t.max(x!.lower, t.neg(x!.upper))),
    upper: t.max(t.abs(x!.lower), t.abs(x!.upper)),
  }),
});

describe("an operator of kind custom", () => {
  const random = seeded(11);
  const weights = { first: randomTensor([4, 3], random), last: randomTensor([2, 4], random) };
  const network = (type: string, domain: string) =>
    graph(
      { x: [1, 3] },
      weights,
      [
        ["Gemm", ["x", "first"], ["h"], { transB: 1 }],
        [type, ["h"], ["a"], {}, domain],
        ["Gemm", ["a", "last"], ["y"], { transB: 1 }],
      ],
      ["y"],
    );
  const center = [0.2, -0.1, 0.4];
  const inputs = { x: perturbed(center, lp({ norm: Infinity, eps: 0.3 })) };

  it("may leave out its backward step: linear forms end at its interval", async () => {
    const plugin = definePlugin({ name: "lirpa-plugin-distance", apiVersion: 2, operators: [interval] });
    const model = referenceLirpa([plugin]).model({
      ...network("Distance", "test"),
      opsets: new Map([
        ["", 17],
        ["test", 1],
      ]),
    });
    const ibp = await model.bounds(inputs, { method: "ibp" });
    for (const method of ["crown-ibp", "crown", "forward", "forward+crown", "alpha-crown"]) {
      const { lower, upper } = await model.bounds(inputs, { method });
      lower.forEach((value, i) => expect(value, method).to.be.closeTo(ibp.lower[i]!, 1e-12));
      upper.forEach((value, i) => expect(value, method).to.be.closeTo(ibp.upper[i]!, 1e-12));
    }
  });

  it("has sound forward bounds by its backward step, and crown's for a single maximum", async () => {
    const lirpa = referenceLirpa();
    for (const reduction of ["ReduceMax", "LogSoftmax"]) {
      const nodes = network(reduction, "").nodes.map((node) =>
        node.type === reduction
          ? { ...node, attributes: reduction === "ReduceMax" ? { axes: [1], keepdims: 1 } : { axis: 1 } }
          : node,
      );
      const last = reduction === "ReduceMax" ? randomTensor([2, 1], seeded(5)) : weights.last;
      const model = lirpa.model({
        ...network(reduction, ""),
        nodes,
        initializers: new Map(Object.entries({ ...weights, last })),
      });
      const [forward, crown] = [
        await model.bounds(inputs, {
          method: "forward",
          spec: [
            [1, 0],
            [0, 1],
          ],
        }),
        await model.bounds(inputs, {
          method: "crown",
          spec: [
            [1, 0],
            [0, 1],
          ],
        }),
      ];
      const { lower, upper } = await sampleBox(
        async ({ x }) => (await model.forward({ x: x! }))["y"]!.data,
        { x: { center, radius: 0.3 } },
        200,
        seeded(7),
      );
      forward.lower.forEach((value, i) => {
        expect(value).to.be.at.most(lower[i]! + 1e-12);
        expect(forward.upper[i]).to.be.at.least(upper[i]! - 1e-12);
        // Rows of LogSoftmax meet its one sum together in crown, and apart in forward mode.
        if (reduction !== "ReduceMax") return;
        expect(value).to.be.closeTo(crown.lower[i]!, 1e-9);
        expect(forward.upper[i]).to.be.closeTo(crown.upper[i]!, 1e-9);
      });
    }
  });
});
