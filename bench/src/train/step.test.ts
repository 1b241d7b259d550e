import { expect } from "chai";
import { createLirpa, evaluateProgram, onnxRuntimeExecutor } from "lirpa";
import { firstGradient } from "./adam.js";
import { makeBatch, marginRows } from "./batch.js";
import { initialParameters } from "./network.js";
import { feedsOf, nextFeeds, recordStep, stepNames, type Feeds, type Training } from "./step.js";

const training: Training = { architecture: { channels: 1, size: 8, convolutions: [3, 4], hidden: 6, classes: 3 }, eps: 0.02, rate: 5e-3 };
const batch = makeBatch(training.architecture, 9, 4);
const initial = initialParameters(training.architecture, 2);

describe("a compiled step of training", () => {
  it("has rows of margins for each label", () => {
    expect([...marginRows([1, 0], 3)]).to.deep.equal([-1, 1, 0, 0, 1, -1, 1, -1, 0, 1, 0, -1]);
  });

  it("gives the gradients that differences show in float64, batch statistics and all", async function () {
    this.timeout(20_000);
    const lirpa = await createLirpa();
    const { program, feeds, trained } = recordStep(lirpa, training, batch, initial);
    await lirpa.dispose();
    const start = feedsOf(feeds, 1);
    const results = evaluateProgram(program, start);
    const loss = (changed: Feeds): number => evaluateProgram(program, { ...start, ...changed })["loss"]!.data[0]!;
    const step = 1e-6;
    for (const name of trained) {
      const gradient = firstGradient(results[stepNames.next(stepNames.first(name))]!.data);
      const key = stepNames.parameter(name);
      const at = Math.floor(gradient.length / 2);
      const moved = (by: number): Feeds => ({ [key]: { ...start[key]!, data: Float64Array.from(start[key]!.data, (value, i) => (i === at ? value + by : value)) } });
      const difference = (loss(moved(step)) - loss(moved(-step))) / (2 * step);
      expect(gradient[at], name).to.be.closeTo(difference, 1e-5 * (1 + Math.abs(difference)));
    }
  });

  it("lowers the loss in ONNX Runtime, fed with its own results", async () => {
    const lirpa = await createLirpa();
    const { program, feeds, trained } = recordStep(lirpa, training, batch, initial);
    const compiled = await onnxRuntimeExecutor({ threads: 1 }).compile(program);
    const losses: number[] = [];
    let state = feeds;
    for (let n = 1; n <= 60; n++) {
      const results = await compiled.run(feedsOf(state, n));
      losses.push(results["loss"]!.data[0]!);
      state = nextFeeds(state, results);
    }
    expect(losses.at(-1)!).to.be.lessThan(losses[0]! / 2);
    const moved = trained.filter((name) => state[stepNames.parameter(name)]!.data.some((value, i) => value !== feeds[stepNames.parameter(name)]!.data[i]));
    expect(moved).to.deep.equal(trained);
    await compiled.dispose();
    await lirpa.dispose();
  });
});
