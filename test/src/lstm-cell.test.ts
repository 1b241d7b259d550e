import { expect } from "chai";
import { defineOperator, definePlugin, type Operator } from "@lirpa/core/plugin";
import { lp, perturbed } from "lirpa";
import { graph, randomTensor, referenceLirpa, sampleBox, seeded } from "./graphs.js";

/** One step of an LSTM with piecewise linear gates, as a stranger would write it: nothing but a subgraph. */
const hardLstmCell: Operator = defineOperator({
  type: "HardLSTMCell",
  domain: "example",
  sinceVersion: 1,
  kind: "composite",
  inputs: ["X", "H", "C", "W", "R", "B"],
  expand: () => ({
    constants: {
      low: { shape: [], dtype: "float", data: Float64Array.of(-1) },
      high: { shape: [], dtype: "float", data: Float64Array.of(1) },
    },
    nodes: [
      { name: "fromInput", type: "Gemm", inputs: ["inputs.0", "inputs.3", "inputs.5"], outputs: ["fromInput"] },
      { name: "fromState", type: "Gemm", inputs: ["inputs.1", "inputs.4"], outputs: ["fromState"] },
      { name: "gates", type: "Add", inputs: ["fromInput", "fromState"], outputs: ["gates"] },
      { name: "split", type: "Split", inputs: ["gates"], outputs: ["i", "o", "f", "c"], attributes: { axis: 1 } },
      { name: "inputGate", type: "HardSigmoid", inputs: ["i"], outputs: ["inputGate"] },
      { name: "outputGate", type: "HardSigmoid", inputs: ["o"], outputs: ["outputGate"] },
      { name: "forgetGate", type: "HardSigmoid", inputs: ["f"], outputs: ["forgetGate"] },
      { name: "candidate", type: "Clip", inputs: ["c", "low", "high"], outputs: ["candidate"] },
      { name: "kept", type: "Mul", inputs: ["forgetGate", "inputs.2"], outputs: ["kept"] },
      { name: "added", type: "Mul", inputs: ["inputGate", "candidate"], outputs: ["added"] },
      { name: "cell", type: "Add", inputs: ["kept", "added"], outputs: ["outputs.1"] },
      { name: "squashed", type: "Clip", inputs: ["outputs.1", "low", "high"], outputs: ["squashed"] },
      { name: "hidden", type: "Mul", inputs: ["outputGate", "squashed"], outputs: ["outputs.0"] },
    ],
  }),
});

describe("An LSTM cell as a composite", () => {
  const random = seeded(2);
  const lirpa = referenceLirpa([
    definePlugin({ name: "lirpa-plugin-example", apiVersion: 2, operators: [hardLstmCell] }),
  ]);
  const weights = { W: randomTensor([2, 12], random), R: randomTensor([3, 12], random), B: randomTensor([12], random) };
  const model = lirpa.model(
    graph(
      { x1: [1, 2], x2: [1, 2], h0: [1, 3], c0: [1, 3] },
      weights,
      [
        ["HardLSTMCell", ["x1", "h0", "c0", "W", "R", "B"], ["h1", "c1"], {}, "example"],
        ["HardLSTMCell", ["x2", "h1", "c1", "W", "R", "B"], ["h2", "c2"], {}, "example"],
      ],
      ["h2"],
    ),
  );
  const center = { x1: [0.3, -0.5], x2: [-0.2, 0.6] };
  const state = { h0: [0, 0, 0], c0: [0.1, -0.1, 0] };

  it("expands into nodes called <node>/<part>", () => {
    expect(model.explain().map(({ node }) => node)).to.include.members([
      "HardLSTMCell_0/inputGate",
      "HardLSTMCell_1/hidden",
    ]);
  });

  for (const method of ["ibp", "crown-ibp", "crown"]) {
    it(`is bounded through two steps by ${method}`, async () => {
      const set = lp({ norm: Infinity, eps: 0.15 });
      const bounds = await model.bounds(
        { x1: perturbed(center.x1, set), x2: perturbed(center.x2, set), ...state },
        { method },
      );
      const box = { x1: { center: center.x1, radius: 0.15 }, x2: { center: center.x2, radius: 0.15 } };
      const sampled = await sampleBox(
        async (point) => (await model.forward({ ...point, ...state }))["h2"]!.data,
        box,
        300,
        random,
      );
      sampled.lower.forEach((value, i) => expect(bounds.lower[i]).to.be.at.most(value + 1e-9));
      sampled.upper.forEach((value, i) => expect(bounds.upper[i]).to.be.at.least(value - 1e-9));
      expect(Math.max(...bounds.upper)).to.be.lessThan(1.5);
    });
  }
});
