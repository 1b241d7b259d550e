import { expect } from "chai";
import { adamFeeds, adamNames, evaluateProgram, loopOf, nextOf, type Feeds } from "@lirpa/core/recording";
import { createLirpa, onnxRuntimeExecutor } from "lirpa";
import { makeBatch, marginRows } from "./batch.js";
import { initialParameters } from "./network.js";
import { firstGradient } from "./race.js";
import { recordStep, type Training } from "./step.js";

const training: Training = {
  architecture: { channels: 1, size: 8, convolutions: [3, 4], hidden: 6, classes: 3 },
  eps: 0.02,
  rate: 5e-3,
};
const batch = makeBatch(training.architecture, 9, 4);
const initial = initialParameters(training.architecture, 2);

describe("a compiled step of training", () => {
  it("has rows of margins for each label", () => {
    expect(marginRows([1, 0], 3)).to.deep.equal([
      [
        [-1, 1, 0],
        [0, 1, -1],
      ],
      [
        [1, -1, 0],
        [1, 0, -1],
      ],
    ]);
  });

  it("gives the gradients that differences show in float64, batch statistics and all", async function () {
    this.timeout(20_000);
    const lirpa = await createLirpa();
    const { program, feeds, parameters, trained } = recordStep(lirpa, training, batch, initial);
    await lirpa.dispose();
    const start = { ...feeds, ...adamFeeds(1, training.rate) };
    const results = evaluateProgram(program, start);
    const loss = (changed: Feeds): number => evaluateProgram(program, { ...start, ...changed })["loss"]!.data[0]!;
    const step = 1e-6;
    for (const name of trained) {
      const key = parameters.get(name)!;
      const gradient = firstGradient(results[nextOf(adamNames.first(key))]!.data);
      const at = Math.floor(gradient.length / 2);
      const moved = (by: number): Feeds => {
        const data = Float64Array.from(start[key]!.data, (value, i) => (i === at ? value + by : value));
        return { [key]: { ...start[key]!, data } };
      };
      const difference = (loss(moved(step)) - loss(moved(-step))) / (2 * step);
      expect(gradient[at], name).to.be.closeTo(difference, 1e-5 * (1 + Math.abs(difference)));
    }
  });

  it("lowers the loss in ONNX Runtime, fed with its own results", async () => {
    const lirpa = await createLirpa();
    const { program, feeds, carry, parameters, trained } = recordStep(lirpa, training, batch, initial);
    const compiled = await onnxRuntimeExecutor({ threads: 1 }).compile(program);
    const loop = loopOf(compiled, feeds, carry);
    const losses: number[] = [];
    for (let n = 1; n <= 60; n++) losses.push((await loop.step(adamFeeds(n, training.rate)))["loss"]!.data[0]!);
    expect(losses.at(-1)!).to.be.lessThan(losses[0]! / 2);
    const after = await loop.read([...parameters.values()]);
    const moved = trained.filter((name) => {
      const key = parameters.get(name)!;
      return after[key]!.data.some((value, i) => value !== feeds[key]!.data[i]);
    });
    expect(moved).to.deep.equal(trained);
    await loop.dispose();
    await compiled.dispose();
    await lirpa.dispose();
  });
});
