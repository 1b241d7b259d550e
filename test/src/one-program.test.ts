import { expect } from "chai";
import { evaluateProgram } from "@lirpa/core/recording";
import { isLirpaError, lp, perturbed, type BoundOptions } from "lirpa";
import { standardMethods } from "@lirpa/core";
import { graph, randomTensor, referenceLirpa, seeded } from "./graphs.js";

const random = seeded(5);
const lirpa = referenceLirpa();
const bent = lirpa.model(
  graph(
    { x: [1, 3] },
    { w: randomTensor([3, 6], random), v: randomTensor([6, 4], random), u: randomTensor([4, 2], random) },
    [
      ["MatMul", ["x", "w"], ["a"]],
      ["Relu", ["a"], ["b"]],
      ["MatMul", ["b", "v"], ["c"]],
      ["Relu", ["c"], ["d"]],
      ["MatMul", ["d", "u"], ["y"]],
    ],
    ["y"],
  ),
);
const affine = lirpa.model(
  graph({ x: [1, 3] }, { w: randomTensor([3, 2], random) }, [["MatMul", ["x", "w"], ["y"]]], ["y"]),
);
const inputs = { x: perturbed([0.2, -0.4, 0.1], lp({ norm: Infinity, eps: 0.5 })) };

describe("the program of a model", () => {
  for (const { name, improves } of standardMethods) {
    for (const [what, options] of [
      ["elements", {}],
      [
        "rows",
        {
          spec: [
            [1, -1],
            [0.5, 2],
          ],
        },
      ],
      ["elements, with little memory for bounds", { memory: 2000 }],
    ] as [string, BoundOptions][]) {
      if (improves !== undefined) continue;
      it(`gives the bounds that ${name} gives: ${what}`, async () => {
        const { program, feeds } = bent.program(inputs, { ...options, method: name });
        const { lower, upper } = evaluateProgram(program, feeds);
        const bounds = await bent.bounds(inputs, { ...options, method: name }).catch((error: unknown) => {
          // Without rows there is nothing to take in turns.
          if (isLirpaError(error) && error.code === "LIRPA_MEMORY" && ["ibp", "forward"].includes(name))
            return undefined;
          throw error;
        });
        bounds?.lower.forEach((value, i) => expect(lower!.data[i]).to.be.closeTo(value, 1e-12));
        bounds?.upper.forEach((value, i) => expect(upper!.data[i]).to.be.closeTo(value, 1e-12));
      });
    }
  }

  it("is refused where a method runs many, with what to use instead", () => {
    for (const layers of ["all", "last"] as const) {
      try {
        bent.program(inputs, { method: "alpha-crown", methodOptions: { "alpha-crown": { layers } } });
        expect.fail("given");
      } catch (error) {
        if (!isLirpaError(error)) throw error;
        expect(error.code).to.equal("LIRPA_UNSUPPORTED_METHOD");
        expect(error.message).to.match(/alpha-crown is a sequence of programs/);
        expect(error.hint).to.match(/model\.bounds.*crown/);
      }
    }
  });

  it("is there where there is nothing to optimize", async () => {
    const { program, feeds } = affine.program(inputs, { method: "alpha-crown" });
    const bounds = await affine.bounds(inputs, { method: "alpha-crown" });
    const { lower } = evaluateProgram(program, feeds);
    bounds.lower.forEach((value, i) => expect(lower!.data[i]).to.be.closeTo(value, 1e-12));
  });

  it("is not asked where only its rows are to be explained", async () => {
    for (const method of ["alpha-crown", "crown"]) {
      const prepared = bent.prepare(bent.structureOf(inputs, { method }));
      await prepared.bounds(inputs);
      expect(
        prepared.explain().find(({ outputs }) => outputs.includes("c")),
        method,
      ).to.have.property("rows", "dense");
    }
  });
});
