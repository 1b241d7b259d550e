import { expect } from "chai";
import { createLirpa, isLirpaError, lp, perturbed, type Lirpa } from "lirpa";
import { graph, tensor } from "./graphs.js";

// Infinite numbers in a model are masks and limits; as weights they have no bounds.

const METHODS = ["ibp", "crown-ibp", "crown", "forward", "forward+crown", "alpha-crown"];
const ball = lp({ norm: Infinity, eps: 0.25 });

describe("an infinite constant", () => {
  let lirpa: Lirpa;
  before(async () => (lirpa = await createLirpa({ project: false })));
  after(() => lirpa.dispose());

  it("masks what it is added to: the rest keeps its bounds", async () => {
    const masked = graph(
      { x: [1, 3] },
      { m: tensor([3], [0, -Infinity, 0]) },
      [
        ["Add", ["x", "m"], ["s"]],
        ["Softmax", ["s"], ["y"], { axis: 1 }],
      ],
      ["y"],
    );
    for (const method of METHODS) {
      const { lower, upper } = await lirpa.model(masked).bounds({ x: perturbed([0.5, 3, -0.5], ball) }, { method });
      expect([lower[1], upper[1]], method).to.deep.equal([0, 0]);
      for (const share of [-1, 0, 1]) {
        const value = 1 / (1 + Math.exp(-(1 + 2 * 0.25 * share)));
        expect(lower[0], method).to.be.at.most(value + 1e-5);
        expect(upper[0], method).to.be.at.least(value - 1e-5);
        expect(upper[0]! - lower[0]!, method).to.be.below(0.5);
      }
    }
  });

  it("leaves a value behind it without the end that it takes away", async () => {
    const shifted = graph(
      { x: [1, 2] },
      { m: tensor([2], [Infinity, -Infinity]) },
      [
        ["Add", ["x", "m"], ["s"]],
        ["Tanh", ["s"], ["y"]],
      ],
      ["y"],
    );
    for (const method of METHODS) {
      const { lower, upper } = await lirpa.model(shifted).bounds({ x: perturbed([0, 0], ball) }, { method });
      expect([[...lower], [...upper]], method).to.deep.equal([
        [1, -1],
        [1, -1],
      ]);
    }
  });

  it("is refused as the center of a set around a parameter, and so is NaN", async () => {
    for (const value of [Infinity, -Infinity, NaN]) {
      const net = graph({ x: [1, 2] }, { b: tensor([2], [0, value]) }, [["Add", ["x", "b"], ["y"]]], ["y"]);
      let error: unknown;
      await lirpa
        .model(net)
        .bounds({ x: [0, 0] }, { weights: { b: ball } })
        .catch((caught: unknown) => (error = caught));
      expect(
        isLirpaError(error) && [error.code, error.message.includes(`the parameter b is ${value} at position 1`)],
      ).to.deep.equal(["LIRPA_QUERY", true]);
    }
  });

  it("is refused as a weight, by node and element", () => {
    const wrong: readonly [string, ReturnType<typeof graph>][] = [
      [
        "MatMul",
        graph({ x: [1, 2] }, { w: tensor([2, 2], [1, 2, Infinity, 4]) }, [["MatMul", ["x", "w"], ["y"]]], ["y"]),
      ],
      ["Mul", graph({ x: [1, 3] }, { w: tensor([3], [1, 2, -Infinity]) }, [["Mul", ["w", "x"], ["y"]]], ["y"])],
      ["Gemm", graph({ x: [1, 2] }, { w: tensor([2, 2], [1, 2, NaN, 4]) }, [["Gemm", ["x", "w"], ["y"]]], ["y"])],
      [
        "Conv",
        graph({ x: [1, 1, 3] }, { w: tensor([1, 1, 3], [1, 2, Infinity]) }, [["Conv", ["x", "w"], ["y"]]], ["y"]),
      ],
    ];
    for (const [type, net] of wrong) {
      let error: unknown;
      try {
        lirpa.model(net).check();
      } catch (caught) {
        error = caught;
      }
      expect(isLirpaError(error) && error.code, type).to.equal("LIRPA_ATTRIBUTE");
      expect((error as Error).message)
        .to.include(`node ${type}_0`)
        .and.include("(element 2)");
    }
  });
});
