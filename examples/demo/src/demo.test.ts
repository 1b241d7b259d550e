import { adamFeeds, extendProgram, loopOf, vjp, type CompiledProgram } from "@lirpa/core/recording";
import { onnxRuntimeExecutor } from "@lirpa/executor-onnxruntime";
import { writeModel } from "@lirpa/onnx";
import { expect } from "chai";
import { createLirpa, lp, type Model } from "lirpa";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { FILES, imageOf, readDigits, type Digit } from "./model-files.js";
import { initialParameters, network } from "./network.js";
import { predictions } from "./radius.js";
import { randomNumbers } from "./random.js";
import { fed, trainingStep } from "./training-step.js";

describe("the demo", function () {
  this.timeout(60_000);
  let model: Model;
  let digits: readonly Digit[];
  let output: string;
  let table: readonly {
    readonly digit: number;
    readonly prediction: number;
    readonly ibp: number;
    readonly crown: number;
  }[];

  before(async () => {
    model = await (await createLirpa()).load(FILES.model);
    digits = await readDigits();
    output = (await promisify(execFile)(process.execPath, [fileURLToPath(new URL("demo.js", import.meta.url))])).stdout;
    table = [...output.matchAll(/^ +(\d) +(\d) +(\d\.\d{4}) +(\d\.\d{4})$/gm)].map((row) => {
      const [digit, prediction, ibp, crown] = row.slice(1).map(Number) as [number, number, number, number];
      return { digit, prediction, ibp, crown };
    });
  });

  it("shows one test digit of each class, and the classifier is right about it", () => {
    expect(table.map(({ digit }) => digit)).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const { digit, prediction } of table) expect(prediction, `digit ${digit}`).to.equal(digit);
  });

  it("proves by IBP that every digit keeps its label, and more by CROWN", () => {
    for (const { digit, ibp, crown } of table) {
      expect(ibp, `IBP, digit ${digit}`).to.be.greaterThan(0);
      expect(crown, `CROWN, digit ${digit}`).to.be.at.least(ibp);
    }
  });

  it("proves what holds: no attack within a certified radius changes the label, one far beyond does", async () => {
    const attack = await attackOn(model);
    const images = digits.map(({ pixels }) => imageOf(pixels));
    for (const [i, image] of images.entries()) {
      const { prediction, crown } = table[i]!;
      const found = await predictions(
        model,
        Float32Array.from([...(await attack(image, prediction, crown)), ...randomCorners(image, crown, 100)]),
      );
      expect(new Set(found), `digit ${i}`).to.deep.equal(new Set([prediction]));
      expect(await predictions(model, await attack(image, prediction, 0.5)), `digit ${i}, eps 0.5`).not.to.deep.equal([
        prediction,
      ]);
    }
  });

  it("writes a picture with a panel for each class, and says where", async () => {
    const path = /: (\S.*bounds\.svg)$/m.exec(output)?.[1];
    const svg = await readFile(path!, "utf8");
    expect(svg).to.match(/^<svg[^>]* xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    for (let label = 0; label < 10; label++) expect(svg).to.contain(`class ${label}`);
    expect(svg).to.contain("CROWN: ").and.not.to.contain("NaN");
  });
});

describe("the demo's training", function () {
  this.timeout(30_000);

  it("lowers the loss, worst case included", async () => {
    const lirpa = await createLirpa();
    const step = trainingStep(lirpa, initialParameters(randomNumbers(7)));
    const compiled = await onnxRuntimeExecutor().compile(step.program);
    const pixels = (await readDigits()).map((digit) => imageOf(digit.pixels));
    const labels = Array.from({ length: 100 }, (_, i) => i % 10);
    const images = Float32Array.from(labels.flatMap((label) => [...pixels[label]!]));
    const loop = loopOf(compiled, { ...step.start, ...step.batch(images, labels, 0.01, 0.5) }, step.carry);
    const losses: number[] = [];
    for (let i = 1; i <= 20; i++) losses.push((await loop.step(adamFeeds(i, 2e-3)))["loss"]!.data[0]!);
    expect(losses.at(-1)).to.be.lessThan(losses[0]! / 2);
    await loop.dispose();
    await compiled.dispose();
    await lirpa.dispose();
  });

  it("writes as ONNX the network that it trained", async () => {
    const trained = network(initialParameters(randomNumbers(3)));
    const folder = await mkdtemp(join(tmpdir(), "lirpa-demo-"));
    const lirpa = await createLirpa();
    try {
      await writeFile(join(folder, "m.onnx"), writeModel(trained));
      const image = imageOf((await readDigits())[4]!.pixels);
      const written = await (await lirpa.load(join(folder, "m.onnx"))).forward({ image });
      expect(written).to.deep.equal(await lirpa.model(trained).forward({ image }));
    } finally {
      await rm(folder, { recursive: true });
      await lirpa.dispose();
    }
  });
});

type Attack = (image: Float32Array, label: number, eps: number) => Promise<Float32Array>;

/** Projected gradient descent on the margin to the strongest other class (Madry et al. 2018), with shrinking steps. */
async function attackOn(model: Model): Promise<Attack> {
  const prepared = model.prepare({ inputs: { image: lp({ norm: Infinity, eps: 0 }) }, method: "ibp" });
  const attacked = extendProgram(prepared.clean(), "attack", (t, { inputs, outputs }) => {
    const label = t.input({ name: "label", shape: [1, 10], dtype: "float", instances: false, rows: undefined });
    const [image, scores] = [inputs["center:image"]!, outputs["logits"]!];
    const margin = t.sub(t.sum(t.mul(scores, label)), t.reduceMax(t.sub(scores, t.mul(label, 1e6))));
    const [gradient] = vjp(t, [margin], [t.full([], 1)], [image]);
    return { gradient: gradient! };
  });
  const program: CompiledProgram = await onnxRuntimeExecutor().compile(attacked);
  return async (center, target, eps) => {
    const oneHot = Float32Array.from({ length: 10 }, (_, i) => Number(i === target));
    let x = center;
    for (let step = 0; step < 30; step++) {
      const { gradient: slope } = await program.run({
        "center:image": fed([1, 1, 28, 28], x),
        label: fed([1, 10], oneHot),
      });
      const length = (2 * eps * (30 - step)) / 30;
      x = x.map((value, i) =>
        Math.min(center[i]! + eps, Math.max(center[i]! - eps, value - length * Math.sign(slope!.data[i]!))),
      );
    }
    return x;
  };
}

function randomCorners(image: Float32Array, eps: number, count: number): number[] {
  const random = randomNumbers(5);
  return Array.from({ length: count }, () =>
    Array.from(image, (value) => value + (random() < 0.5 ? -eps : eps)),
  ).flat();
}
