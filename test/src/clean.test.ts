import { expect } from "chai";
import { createLirpa, defineMethod, intervalBounds, recorded } from "@lirpa/core";
import { referenceExecutor } from "@lirpa/executor-reference";
import { lp, perturbed, standardPlugins } from "lirpa";
import { graph, randomTensor, seeded } from "./graphs.js";

const random = seeded(5);
const net = graph(
  { x: [1, 3], y: [1, 3] },
  { w: randomTensor([3, 4], random), b: randomTensor([4], random) },
  [
    ["Mul", ["x", "y"], ["p"]],
    ["Gemm", ["p", "w", "b"], ["z"]],
    ["Sigmoid", ["z"], ["s"]],
    ["Split", ["s"], ["left", "right"], { axis: 1 }],
    ["Sub", ["left", "right"], ["d"]],
  ],
  ["d"],
);

/** The clean value of the target, as both bounds. */
const clean = defineMethod({
  name: "clean",
  description: "the network's own value",
  needs: "interval",
  ...recorded("clean", {
    intermediate: intervalBounds,
    rows: (run, target) => {
      const value = run.t.dot(target.coefficients, run.clean(target.value));
      return { lower: value, upper: value };
    },
  }),
});

describe("the clean value of a run", () => {
  it("is the network's own one at the centers of inputs and weights, for each instance", async () => {
    const lirpa = createLirpa({ plugins: standardPlugins, executor: referenceExecutor(), methods: [clean] });
    const model = lirpa.model(net);
    const [x, y] = [randomTensor([2, 3], random).data, randomTensor([2, 3], random).data];
    const ball = lp({ norm: Infinity, eps: 0.3 });
    const spec = [[1, 0], [0, 1]];
    const { lower, upper } = await model.bounds(
      { x: perturbed(x, ball), y },
      { method: "clean", weights: { w: ball }, spec },
    );
    const values = (await model.forward({ x, y }))["d"]!.data;
    await lirpa.dispose();
    expect(values).to.have.length(4);
    Array.from(values, (value, i) => expect(lower[i]).to.be.closeTo(value, 1e-12));
    expect(upper).to.deep.equal(lower);
  });
});
