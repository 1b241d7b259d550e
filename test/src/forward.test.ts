import { expect } from "chai";
import { createLirpa, isLirpaError } from "lirpa";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { onnxFiles, sharedOrSkip } from "./shared.js";

/** Float32 sums in another order; relative to 1 + the greatest output. */
const TOLERANCE = 2e-5;

describe("the operators' forward rules on real models", function () {
  this.timeout(300_000);

  for (const collection of ["goldens", "vnncomp"]) {
    it(`agree with ONNX Runtime on the original files of ${collection}`, async function () {
      const files = onnxFiles(sharedOrSkip(this, collection));
      const lirpa = await createLirpa();
      const failures: string[] = [];
      let agreed = 0;
      let uncovered = 0;
      for (const file of files) {
        const model = await lirpa.load(file);
        try {
          model.check();
        } catch (error) {
          if (!isLirpaError(error) || !error.code.startsWith("LIRPA_UNSUPPORTED")) throw error;
          uncovered++;
          continue;
        }
        const worst = await difference(model, file);
        if (worst <= TOLERANCE) agreed++;
        else failures.push(`${file}: ${worst}`);
        await lirpa.dispose();
      }
      console.log(
        `      ${agreed} of ${files.length} models agree; ${uncovered} hold operators that the packs do not cover`,
      );
      expect(failures, failures.join("\n")).to.deep.equal([]);
      expect(agreed).to.be.greaterThan(50);
    });
  }
});

async function difference(
  model: Awaited<ReturnType<Awaited<ReturnType<typeof createLirpa>>["load"]>>,
  file: string,
): Promise<number> {
  let seed = 1;
  const values = Object.fromEntries(
    model.inputs.map(({ name, shape }) => {
      const size = shape.reduce((product, axis) => product * axis, 1);
      return [name, Float32Array.from({ length: size }, () => (seed = (seed * 48271) % 2147483647) / 2147483647)];
    }),
  );
  const ours = await model.forward(values);
  const session = await InferenceSession.create(file, { logSeverityLevel: 3, graphOptimizationLevel: "disabled" });
  const theirs = await session.run(
    Object.fromEntries(model.inputs.map(({ name, shape }) => [name, new Tensor("float32", values[name]!, [...shape])])),
  );
  let worst = 0;
  for (const name of model.outputs) {
    const expected = Array.from(theirs[name]!.data as ArrayLike<number>, Number);
    expect(ours[name]!.shape, `${file}: ${name}`).to.deep.equal([...theirs[name]!.dims]);
    // A power of a negative number is no number, for both.
    const numbers = expected.filter((value) => !Number.isNaN(value));
    const scale = 1 + numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expected.forEach((value, i) => {
      const own = ours[name]!.data[i]!;
      if (Number.isNaN(value) !== Number.isNaN(own)) worst = Infinity;
      else if (!Number.isNaN(value)) worst = Math.max(worst, Math.abs(value - own) / scale);
    });
  }
  await session.release();
  return worst;
}
