import { expect } from "chai";
import { lp, onnxRuntimeExecutor, perturbed } from "lirpa";
import { graph, randomTensor, referenceLirpa, sampleBox, seeded, tensor } from "./graphs.js";

const attributes = { strides: [2, 1], pads: [1, 0, 1, 1], dilations: [1, 2], group: 2, kernel_shape: [3, 2] };

describe("A convolution with a perturbed kernel", () => {
  const random = seeded(3);
  const kernel = randomTensor([4, 1, 3, 2], random);
  const sketch = (initializers: Record<string, ReturnType<typeof tensor>>, inputs: Record<string, number[]>) =>
    graph(
      inputs,
      { ...initializers, b: randomTensor([4], seeded(4)) },
      [
        ["Conv", ["x", "k", "b"], ["h"], attributes],
        ["Relu", ["h"], ["r"]],
        ["Flatten", ["r"], ["y"]],
      ],
      ["y"],
    );
  const stored = sketch({ k: kernel }, { x: [1, 2, 4, 4] });
  const asInput = sketch({}, { x: [1, 2, 4, 4], k: [4, 1, 3, 2] });
  const center = Array.from({ length: 32 }, () => random());
  const set = (eps: number) => lp({ norm: Infinity, eps });

  for (const [what, inputEps] of [
    ["the kernel alone", 0],
    ["both factors", 0.1],
  ] as const) {
    for (const method of ["ibp", "crown-ibp", "crown"]) {
      it(`bounds ${what} by ${method}`, async () => {
        const inputs = { x: inputEps === 0 ? center : perturbed(center, set(inputEps)) };
        const bounds = await referenceLirpa()
          .model(stored)
          .bounds(inputs, { method, weights: { k: set(0.05) } });
        const free = referenceLirpa().model(asInput);
        const box = { x: { center, radius: inputEps }, k: { center: [...kernel.data], radius: 0.05 } };
        const sampled = await sampleBox(async (point) => (await free.forward(point))["y"]!.data, box, 100, random);
        sampled.lower.forEach((value, i) => expect(bounds.lower[i]).to.be.at.most(value + 1e-9));
        sampled.upper.forEach((value, i) => expect(bounds.upper[i]).to.be.at.least(value - 1e-9));
      });
    }
  }

  it("is exact where only the kernel moves and no neuron is cut off", async () => {
    const affine = graph({ x: [1, 2, 4, 4] }, { k: kernel }, [["Conv", ["x", "k"], ["y"], attributes]], ["y"]);
    const crown = await referenceLirpa()
      .model(affine)
      .bounds({ x: center }, { method: "crown", weights: { k: set(0.05) } });
    const ibp = await referenceLirpa()
      .model(affine)
      .bounds({ x: center }, { method: "ibp", weights: { k: set(0.05) } });
    crown.lower.forEach((value, i) => expect(value).to.be.closeTo(ibp.lower[i]!, 1e-9));
  });

  it("runs in ONNX Runtime as it does in float64", async () => {
    const inputs = { x: perturbed(center, set(0.1)) };
    const options = { method: "crown", weights: { k: set(0.05) } };
    const judge = await referenceLirpa().model(stored).bounds(inputs, options);
    const quick = await referenceLirpa([], onnxRuntimeExecutor()).model(stored).bounds(inputs, options);
    judge.lower.forEach((value, i) => expect(quick.lower[i]).to.be.closeTo(value, 1e-5));
  });
});
