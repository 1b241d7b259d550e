import { expect } from "chai";
import { composeLirpa as compose, type BoundOptions, type Lirpa, type Model } from "@lirpa/core";
import { referenceExecutor } from "@lirpa/executor-reference";
import { box, perturbed, standardPlugins } from "lirpa";
import { center, net, query, refused, samples } from "./two-layers.js";

let lirpa: Lirpa;
let model: Model;

before(() => {
  lirpa = compose({ plugins: standardPlugins, executor: referenceExecutor() });
  model = lirpa.model(net);
});
after(() => lirpa.dispose());

describe("limits of a call", () => {
  it("end it where its signal is aborted", async () => {
    const controller = new AbortController();
    controller.abort();
    expect(await refused(() => model.bounds(query(), { signal: controller.signal }))).to.equal("LIRPA_ABORTED");
    const later = new AbortController();
    const onProgress = (): void => later.abort();
    expect(
      await refused(() => model.bounds(query(), { method: "alpha-crown", signal: later.signal, onProgress })),
    ).to.equal("LIRPA_ABORTED");
  });

  it("let an optimization end early with bounds that hold, and say so", async () => {
    const crown = await model.bounds(query(), { method: "crown" });
    await model.bounds(query(), { method: "alpha-crown" });
    const methodOptions = { "alpha-crown": { iterations: 100_000 } };
    const { lower, warnings, state } = await model.bounds(query(), {
      method: "alpha-crown",
      methodOptions,
      timeLimit: 0.3,
    });
    expect(warnings.map(({ code }) => code)).to.deep.equal(["LIRPA_TIME"]);
    lower.forEach((value, i) => expect(value).to.be.at.least(crown.lower[i]! - 1e-6));
    expect(state).to.be.an("object");
  });

  it("throw where there is nothing yet", async () => {
    expect(await refused(() => model.bounds(query(), { method: "crown", timeLimit: 1e-9 }))).to.equal("LIRPA_TIME");
    expect(await refused(() => model.bounds(query(), { timeLimit: 0 }))).to.equal("LIRPA_OPTION");
  });

  it("say how much is done, up to all of it", async () => {
    const shares: number[] = [];
    await model.bounds(query(), { method: "alpha-crown", onProgress: (share) => shares.push(share) });
    expect(shares).to.have.length(20);
    expect(shares).to.deep.equal(shares.toSorted((a, b) => a - b));
    expect(shares.at(-1)).to.equal(1);
  });
});

describe("a warm start", () => {
  const steps = (iterations: number): BoundOptions => ({
    method: "alpha-crown",
    methodOptions: { "alpha-crown": { iterations } },
  });

  it("goes on from where an earlier call ended", async () => {
    const first = await model.bounds(query(), steps(20));
    const cold = await model.bounds(query(), steps(1));
    const warm = await model.bounds(query(), { ...steps(1), start: first.state! });
    const width = ({ lower, upper }: typeof cold): number => upper.reduce((sum, end, i) => sum + end - lower[i]!, 0);
    expect(width(warm)).to.be.lessThan(width(cold));
    expect(width(warm)).to.be.closeTo(width(first), 0.2 * width(first));
  });

  it("of any numbers gives bounds that hold", async () => {
    const { state } = await model.bounds(query(), steps(1));
    const spoilt = Object.fromEntries(
      Object.entries(state!).map(([name, tensor]) => [
        name,
        { ...tensor, data: Float64Array.from(tensor.data, (_, i) => [NaN, -7, 1e30, 0.3][i % 4]!) },
      ]),
    );
    const { lower, upper } = await model.bounds(query(), {
      ...steps(2),
      start: { ...spoilt, other: spoilt[Object.keys(spoilt)[0]!]! },
    });
    for (const { y } of await samples(lirpa, 60))
      y.forEach((value, i) => expect(value).to.be.within(lower[i]! - 1e-9, upper[i]! + 1e-9));
  });
});

describe("α-CROWN within a memory budget", () => {
  it("takes instances and rows in turns with bounds that hold", async () => {
    const spec = Array.from({ length: 6 }, (_, k) => [1, k - 3]);
    const many = {
      x: perturbed(
        [...center, 0, 0.1, -0.2],
        box({ lower: [-0.2, -0.7, 0.1, -0.4, -0.3, -0.6], upper: [0.6, 0.1, 0.9, 0.4, 0.5, 0.2] }),
      ),
    };
    const whole = await model.bounds(many, { method: "alpha-crown", spec });
    const least = await refused(() => model.bounds(many, { method: "alpha-crown", spec, memory: 1000 }));
    expect(least).to.equal("LIRPA_MEMORY");
    const crown = await model.bounds(many, { method: "crown", spec });
    const split = await model.bounds(many, { method: "alpha-crown", spec, memory: 60_000 });
    expect(split.state).to.equal(undefined);
    split.lower.forEach((value, i) => {
      expect(value).to.be.at.least(crown.lower[i]! - 1e-9);
      expect(value).to.be.closeTo(whole.lower[i]!, 0.3 * (whole.upper[i]! - whole.lower[i]!));
    });
  });
});
