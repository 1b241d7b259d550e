import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { expect } from "chai";
import { readModel, writeModel } from "@lirpa/onnx";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { onnxFiles, sharedOrSkip } from "./shared.js";

/** A model at a point that is the same for each of its writings; undefined where ONNX Runtime does not take it. */
async function outputsOf(bytes: Uint8Array): Promise<Record<string, readonly unknown[]> | undefined> {
  const session = await InferenceSession.create(bytes, { graphOptimizationLevel: "disabled", logSeverityLevel: 4 });
  const feeds = session.inputMetadata.map((input): [string, Tensor] => {
    if (!input.isTensor) throw new Error(`${input.name} is no tensor`);
    const dims = input.shape.map((size) => (typeof size === "number" && size > 0 ? size : 1));
    const data = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i + 1));
    return [input.name, new Tensor(data, dims)];
  });
  const results = await session.run(Object.fromEntries(feeds));
  await session.release();
  return Object.fromEntries(Object.entries(results).map(([name, { type, dims, data }]) => [name, [type, dims, data]]));
}

describe("a model that lirpa read and wrote", function () {
  this.timeout(60_000);

  for (const folder of ["goldens", "vnncomp"]) {
    it(`gives in ONNX Runtime what the original of ${folder} gives`, async function () {
      const files = onnxFiles(sharedOrSkip(this, folder));
      expect(files).to.not.have.length(0);
      for (const file of files) {
        const original = new Uint8Array(readFileSync(file));
        const written = writeModel(await readModel(original));
        expect(await outputsOf(written), relative(folder, file)).to.deep.equal(await outputsOf(original));
      }
    });
  }

  it("may lack the types of its outputs: ONNX Runtime finds them", async function () {
    const [file] = onnxFiles(sharedOrSkip(this, "goldens"));
    const original = new Uint8Array(readFileSync(file!));
    const { elementTypes: _, ...graph } = await readModel(original);
    expect(await outputsOf(writeModel(graph))).to.deep.equal(await outputsOf(original));
  });
});
