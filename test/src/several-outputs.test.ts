import { expect } from "chai";
import { lp, perturbed } from "lirpa";
import { graph, randomTensor, referenceLirpa, sampleBox, seeded, tensor } from "./graphs.js";

describe("An operator with several outputs", () => {
  const random = seeded(1);
  const model = referenceLirpa().model(
    graph(
      { x: [1, 6] },
      { w: randomTensor([6, 6], random), sizes: tensor([3], [1, 2, 3], "int"), v: randomTensor([2, 2], random) },
      [
        ["Gemm", ["x", "w"], ["h"]],
        ["Split", ["h", "sizes"], ["a", "b", "unread"], { axis: 1 }],
        ["Gemm", ["b", "v"], ["c"]],
        ["Relu", ["c"], ["d"]],
        ["Concat", ["a", "d", "b"], ["y"], { axis: 1 }],
      ],
      ["y"],
    ),
  );
  const center = Array.from({ length: 6 }, () => random());

  for (const method of ["ibp", "crown-ibp", "crown"]) {
    it(`adds up what reaches each output, by ${method}`, async () => {
      const bounds = await model.bounds({ x: perturbed(center, lp({ norm: Infinity, eps: 0.2 })) }, { method });
      const sampled = await sampleBox(
        async (point) => (await model.forward(point))["y"]!.data,
        { x: { center, radius: 0.2 } },
        200,
        random,
      );
      sampled.lower.forEach((value, i) => expect(bounds.lower[i]).to.be.at.most(value + 1e-9));
      sampled.upper.forEach((value, i) => expect(bounds.upper[i]).to.be.at.least(value - 1e-9));
    });
  }

  it("is exact where the path to an output is affine", async () => {
    const bounds = await model.bounds({ x: perturbed(center, lp({ norm: Infinity, eps: 0.2 })) }, { method: "crown" });
    const w = model.graph.initializers.get("w")!.data;
    const column = Array.from({ length: 6 }, (_, row) => w[row * 6]!);
    const middle = column.reduce((sum, weight, i) => sum + weight * center[i]!, 0);
    const reach = 0.2 * column.reduce((sum, weight) => sum + Math.abs(weight), 0);
    expect(bounds.lower[0]).to.be.closeTo(middle - reach, 1e-9);
    expect(bounds.upper[0]).to.be.closeTo(middle + reach, 1e-9);
  });
});
