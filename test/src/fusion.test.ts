import { defineFusion, defineOperator, definePlugin, type Operator } from "@lirpa/core/plugin";
import type { GraphNode } from "@lirpa/core";
import { expect } from "chai";
import { lp, perturbed } from "lirpa";
import { graph, referenceLirpa, seeded, tensor } from "./graphs.js";

type Node = readonly [
  type: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes?: GraphNode["attributes"],
];
const number = (value: number): ReturnType<typeof tensor> => tensor([], [Math.fround(value)]);
const byErf = (first: Node, ...last: Node[]): readonly Node[] => [
  first,
  ["Erf", ["scaled"], ["erf"]],
  ["Add", ["erf", "one"], ["gate"]],
  ...last,
];
const times = (a: string, b: string, y: string): Node => ["Mul", [a, b], [y]];
const CONSTANTS = {
  root: number(Math.SQRT2),
  inverse: number(Math.SQRT1_2),
  one: number(1),
  half: number(0.5),
  two: number(2),
};

/** The formula of Gelu in the orders in which exporters multiply. */
const FORMULAS: Readonly<Record<string, readonly Node[]>> = {
  "x (1 + erf(x / √2)) · ½": byErf(
    ["Div", ["x", "root"], ["scaled"]],
    times("x", "gate", "twice"),
    times("twice", "half", "y"),
  ),
  "½ · (1 + erf(x · √½)) x": byErf(
    ["Mul", ["inverse", "x"], ["scaled"]],
    times("gate", "x", "twice"),
    times("half", "twice", "y"),
  ),
  "x · (½ (1 + erf(x / √2)))": byErf(
    ["Div", ["x", "root"], ["scaled"]],
    times("half", "gate", "share"),
    times("x", "share", "y"),
  ),
  "(½ x)(1 + erf(x / √2))": byErf(
    ["Div", ["x", "root"], ["scaled"]],
    times("x", "half", "halved"),
    times("halved", "gate", "y"),
  ),
  "x (1 + erf(x / √2)) / 2": byErf(["Div", ["x", "root"], ["scaled"]], times("x", "gate", "twice"), [
    "Div",
    ["twice", "two"],
    ["y"],
  ]),
};

const gelu = (x: number, lirpa = referenceLirpa()): Promise<number> =>
  lirpa
    .model(graph({ x: [1, 1] }, {}, [["Erf", ["x"], ["y"]]], ["y"]))
    .forward({ x: [x * Math.SQRT1_2] })
    .then(({ y }) => (x * (1 + y!.data[0]!)) / 2);

describe("a formula that is one operator", () => {
  for (const [formula, nodes] of Object.entries(FORMULAS)) {
    it(`is bounded as Gelu: ${formula}`, async () => {
      const lirpa = referenceLirpa();
      const model = lirpa.model(graph({ x: [1, 3] }, CONSTANTS, nodes, ["y"]));
      expect(model.explain().map(({ operator, plugin }) => [operator, plugin])).to.deep.equal([
        ["Gelu", "@lirpa/plugin-smooth"],
      ]);
      const points = [-1.7, 0.3, 2.5];
      const { y } = await model.forward({ x: points });
      for (const [i, x] of points.entries()) expect(y!.data[i]).to.be.closeTo(await gelu(x), 1e-6);
      const { lower, upper } = await model.bounds(
        { x: perturbed(points, lp({ norm: Infinity, eps: 0.5 })) },
        { method: "ibp" },
      );
      const random = seeded(3);
      for (let k = 0; k < 50; k++) {
        const near = await model.forward({ x: points.map((x) => x + 0.5 * random()) });
        near["y"]!.data.forEach((value, i) => expect(value).to.be.within(lower[i]! - 1e-9, upper[i]! + 1e-9));
      }
      // The product of two intervals would reach below the function's least value of −0.17.
      expect(lower[0]).to.be.greaterThan(-0.18);
    });
  }

  it("is left alone where a constant is another, or the value is", () => {
    const lirpa = referenceLirpa();
    const nodes = FORMULAS["x (1 + erf(x / √2)) · ½"]!;
    const other = lirpa.model(graph({ x: [1, 3] }, { ...CONSTANTS, half: number(0.51) }, nodes, ["y"]));
    expect(other.explain().map(({ operator }) => operator)).to.not.include("Gelu");
    const mixed = lirpa.model(
      graph(
        { x: [1, 3], z: [1, 3] },
        CONSTANTS,
        nodes.map(([type, from, to]) => (to[0] === "twice" ? times("z", "gate", "twice") : [type, from, to])),
        ["y"],
      ),
    );
    expect(mixed.explain().map(({ operator }) => operator)).to.not.include("Gelu");
  });

  it("is left alone where a constant gives it another shape", async () => {
    const lirpa = referenceLirpa();
    const model = lirpa.model(
      graph({ x: [3] }, { ...CONSTANTS, half: tensor([1, 1], [0.5]) }, FORMULAS["x (1 + erf(x / √2)) · ½"]!, ["y"]),
    );
    expect(model.explain().map(({ operator }) => operator)).to.not.include("Gelu");
    expect((await model.forward({ x: [1, 2, 3] }))["y"]!.shape).to.deep.equal([1, 3]);
  });

  it("is left alone where a query perturbs its constant", async () => {
    const lirpa = referenceLirpa();
    const model = lirpa.model(graph({ x: [1, 1] }, CONSTANTS, FORMULAS["x (1 + erf(x / √2)) · ½"]!, ["y"]));
    const { lower, upper } = await model.bounds(
      { x: [1] },
      { method: "ibp", weights: { half: lp({ norm: Infinity, eps: 0.1 }) } },
    );
    const twice = 2 * (await gelu(1));
    expect(lower[0]).to.be.closeTo(0.4 * twice, 1e-6);
    expect(upper[0]).to.be.closeTo(0.6 * twice, 1e-6);
  });

  it("keeps those of its nodes that something else reads", async () => {
    const lirpa = referenceLirpa();
    const nodes: Node[] = [...FORMULAS["x (1 + erf(x / √2)) · ½"]!, ["Add", ["y", "gate"], ["z"]]];
    const model = lirpa.model(graph({ x: [1, 1] }, CONSTANTS, nodes, ["z"]));
    expect(model.explain().map(({ operator }) => operator)).to.deep.equal(["Div", "Erf", "Add", "Gelu", "Add"]);
    const { z } = await model.forward({ x: [1] });
    expect(z!.data[0]).to.be.closeTo(3 * (await gelu(1)), 1e-6);
  });

  it("is a stranger's to define, and refused where it takes what it does not name", () => {
    const six: Operator = defineOperator({
      type: "Six",
      domain: "test",
      sinceVersion: 1,
      kind: "linear",
      inputs: ["X"],
      nonnegative: true,
      forward: ({ t }, x) => t.mul(x, 6),
    });
    const fusion = (input: string) =>
      defineFusion({
        name: "six times",
        patterns: [{ type: "Mul", inputs: [{ type: "Mul", inputs: ["x", 2], anyOrder: true }, 3], anyOrder: true }],
        operator: six,
        inputs: [input],
      });
    const plugin = (input: string) =>
      definePlugin({ name: "lirpa-plugin-six", apiVersion: 2, fusions: [fusion(input)] });
    const model = referenceLirpa([plugin("x")]).model(
      graph(
        { x: [2] },
        { two: number(2), three: number(3) },
        [times("two", "x", "a"), times("a", "three", "y")],
        ["y"],
      ),
    );
    expect(model.explain().map(({ operator, plugin: from }) => [operator, from])).to.deep.equal([
      ["Six", "lirpa-plugin-six"],
    ]);
    expect(() => referenceLirpa([plugin("z")]))
      .to.throw("[lirpa-plugin-six]")
      .with.property("code", "LIRPA_PLUGIN");
  });
});
