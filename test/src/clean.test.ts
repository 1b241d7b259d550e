import { expect } from "chai";
import { composeLirpa } from "@lirpa/core";
import { defineMethod, intervalBounds, recorded } from "@lirpa/core/recording";
import { referenceExecutor } from "@lirpa/executor-reference";
import { evaluateProgram, extendProgram, partsOf } from "@lirpa/core/recording";
import { lp, perturbed, standardPlugins } from "lirpa";
import { graph, randomTensor, referenceLirpa, seeded } from "./graphs.js";

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
    const lirpa = composeLirpa({ plugins: standardPlugins, executor: referenceExecutor(), methods: [clean] });
    const model = lirpa.model(net);
    const [x, y] = [randomTensor([2, 3], random).data, randomTensor([2, 3], random).data];
    const ball = lp({ norm: Infinity, eps: 0.3 });
    const spec = [
      [1, 0],
      [0, 1],
    ];
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

describe("the clean pass of a prepared problem", () => {
  const ball = lp({ norm: Infinity, eps: 0.3 });
  const model = referenceLirpa().model(net);
  const prepared = model.prepare({ inputs: { x: ball }, method: "ibp", parameters: ["b"], weights: { w: ball } });

  it("gives what the network computes at the centers, of any values, with parameters that are fed", async () => {
    const [x, y] = [randomTensor([2, 3], random).data, randomTensor([2, 3], random).data];
    const program = prepared.clean(["s", "d"]);
    const feeds = prepared.feeds({ x: perturbed(x, ball), y }, { weights: { w: ball } });
    const { s, d } = evaluateProgram(program, feeds);
    const expected = (await model.forward({ x, y }))["d"]!.data;
    expect(s!.shape).to.deep.equal([2, 1, 1, 4]);
    Array.from(expected, (value, i) => expect(d!.data[i]).to.be.closeTo(value, 1e-12));
    const roles = program.inputs.map(({ role }) => role);
    expect(roles).to.deep.include({ is: "center", of: "w" }).and.to.deep.include({ is: "fixed", of: "b" });
  });

  it("is fed as the problem's program is: both are parts of one", () => {
    const clean = partsOf(prepared.clean());
    const joined = extendProgram(prepared.program(), "joined", (t, { outputs }) => ({
      below: t.sub(clean.outputs["d"]!, outputs["lower"]!),
      above: t.sub(outputs["upper"]!, clean.outputs["d"]!),
    }));
    expect(joined.inputs).to.have.deep.members([...prepared.program().inputs]);
    const [x, y] = [randomTensor([1, 3], random).data, randomTensor([1, 3], random).data];
    const feeds = prepared.feeds({ x: perturbed(x, ball), y }, { weights: { w: ball } });
    for (const { data } of Object.values(evaluateProgram(joined, feeds))) expect(Math.min(...data)).to.be.above(0);
  });

  it("refuses a value that there is not", () => {
    expect(() => prepared.clean(["nothing"]))
      .to.throw(/clean names "nothing"/)
      .with.property("code", "LIRPA_QUERY");
  });
});
