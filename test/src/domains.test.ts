import { expect } from "chai";
import { createLirpa, lp, perturbed, type Graph, type Lirpa } from "lirpa";
import { defineOperator, definePlugin } from "@lirpa/core/plugin";
import { graph, tensor } from "./graphs.js";

// Sets in which the network has no value somewhere: the bounds are of the values that there are, and the result says
// so.

const METHODS = ["ibp", "crown-ibp", "crown", "forward", "forward+crown", "alpha-crown"];
const ball = lp({ norm: Infinity, eps: 0.5 });

const root = defineOperator({
  type: "Root",
  domain: "com.example",
  sinceVersion: 1,
  kind: "elementwise",
  inputs: ["x"],
  monotone: "increasing",
  forward: ({ t }, x) => t.sqrt(t.relu(x)),
  defined: ({ t }, { lower }) => t.greaterEqual(lower, 0),
  relax: ({ t }, { lower, upper }) => ({
    lower: { slope: 0, intercept: t.sqrt(t.relu(lower)) },
    upper: { slope: 0, intercept: t.sqrt(t.relu(upper)) },
  }),
});

describe("a set that leaves an operator's domain", () => {
  let lirpa: Lirpa;
  before(
    async () =>
      (lirpa = await createLirpa({
        project: false,
        plugins: [definePlugin({ name: "stranger", apiVersion: 2, operators: [root] })],
      })),
  );
  after(() => lirpa.dispose());

  const one = (type: string, exponent?: number, domain = ""): Graph => ({
    ...graph(
      { x: [1, 2] },
      exponent === undefined ? {} : { p: tensor([], [exponent]) },
      [[type, exponent === undefined ? ["x"] : ["x", "p"], ["y"], {}, domain]],
      ["y"],
    ),
    opsets: new Map([
      ["", 17],
      ["com.example", 1],
    ]),
  });

  for (const [what, net] of Object.entries({
    Log: one("Log"),
    Sqrt: one("Sqrt"),
    "Pow 1.5": one("Pow", 1.5),
    "Pow -0.5": one("Pow", -0.5),
    "a stranger's": one("Root", undefined, "com.example"),
  })) {
    it(`is named in the result: ${what}`, async () => {
      const type = net.nodes[0]!.type;
      for (const method of METHODS) {
        const model = lirpa.model(net);
        const inside = await model.bounds({ x: perturbed([2, 1], ball) }, { method });
        expect(inside.warnings, method).to.deep.equal([]);
        const { warnings, lower, upper } = await model.bounds({ x: perturbed([2, 0.25], ball) }, { method });
        expect(
          warnings.map((warning) =>
            warning.code === "LIRPA_DOMAIN" ? [warning.code, warning.node, warning.operator] : [warning.code],
          ),
          method,
        ).to.deep.equal([["LIRPA_DOMAIN", `${type}_0`, type]]);
        const { y } = await model.forward({ x: [2, 0.5] });
        y!.data.forEach((value, i) => expect(value).to.be.within(lower[i]! - 1e-5, upper[i]! + 1e-5));
      }
    });
  }

  it("is not named where all powers are whole, nor where the bounds of the method exclude it", async () => {
    const whole = await lirpa.model(one("Pow", 3)).bounds({ x: perturbed([0, 0], ball) }, { method: "ibp" });
    expect(whole.warnings).to.deep.equal([]);
    // x + 1 − x is 1: linear bounds know it, intervals do not.
    const cancelled = graph(
      { x: [1, 2] },
      { one: tensor([], [1]) },
      [
        ["Add", ["x", "one"], ["a"]],
        ["Sub", ["a", "x"], ["b"]],
        ["Relu", ["b"], ["c"]],
        ["Add", ["c", "x"], ["d"]],
        ["Sub", ["d", "x"], ["e"]],
        ["Sqrt", ["e"], ["y"]],
      ],
      ["y"],
    );
    expect(
      (await lirpa.model(cancelled).bounds({ x: perturbed([0, 0], lp({ norm: Infinity, eps: 3 })) }, { method: "ibp" }))
        .warnings,
    ).to.have.length(1);
    expect(
      (
        await lirpa
          .model(cancelled)
          .bounds({ x: perturbed([0, 0], lp({ norm: Infinity, eps: 3 })) }, { method: "crown" })
      ).warnings,
    ).to.deep.equal([]);
  });

  it("is named for several instances where one of them leaves it", async () => {
    const { warnings } = await lirpa.model(one("Log")).bounds({ x: perturbed([2, 2, 0, 2], ball) });
    expect(warnings).to.have.length(1);
  });
});
