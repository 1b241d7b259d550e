import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { isLirpaError, type Bounds } from "@lirpa/core";
import { onnxRuntimeExecutor } from "@lirpa/executor-onnxruntime";
import { readModel } from "@lirpa/onnx";
import { lp, perturbed } from "lirpa";
import { referenceLirpa } from "./graphs.js";
import { mutated } from "./mutations.js";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
const FIELD = join(ROOT, "../shared/field");
const COUNT = Number(process.env["MUTATED_MODELS"] ?? 250);
const FIRST = Number(process.env["MUTATED_FROM"] ?? 343);
const METHODS = ["ibp", "crown", "forward", "crown-ibp", "alpha-crown"];
/** Codes by which lirpa blames itself or a plugin, not the model. */
const DEFECTS = ["LIRPA_INTERNAL", "LIRPA_PLUGIN"];
const SECONDS = 20;
const MOST_MEMORY = 256 * 2 ** 20;

function models(): string[] {
  const own = ["examples/quickstart/model.onnx", "examples/demo/model/mnist.onnx"].map((file) => join(ROOT, file));
  const field = existsSync(FIELD)
    ? readdirSync(FIELD)
        .map((name) => join(FIELD, name, "model.onnx"))
        .filter(existsSync)
    : [];
  return [...own, ...field].filter((file) => readFileSync(file).length < 200_000);
}

/** Bounds of a file around zero, in as much memory as a test may take. */
async function bounded(bytes: Uint8Array, method: string): Promise<Bounds> {
  const lirpa = referenceLirpa([], onnxRuntimeExecutor({ threads: 1 }));
  try {
    const model = lirpa.model(await readModel(bytes, { name: "mutated" }));
    const inputs = Object.fromEntries(
      model.inputs.map(({ name, shape }) => {
        const size = Math.min(
          10_000,
          Math.max(
            0,
            shape.reduce((a, b) => a * b, 1),
          ),
        );
        return [name, perturbed(new Float32Array(size).fill(0.25), lp({ norm: Infinity, eps: 0.05 }))];
      }),
    );
    return await model.bounds(inputs, {
      method,
      memory: MOST_MEMORY,
      ...(model.outputs[0] !== undefined && { output: model.outputs[0] }),
    });
  } finally {
    await lirpa.dispose();
  }
}

/** What is wrong with the answer to a file; undefined where it is a typed error or a bound. */
async function fault(bytes: Uint8Array, method: string): Promise<string | undefined> {
  const start = performance.now();
  try {
    const { lower, upper } = await bounded(bytes, method);
    for (let i = 0; i < lower.length; i++) {
      const [low, high] = [lower[i]!, upper[i]!];
      if (Number.isNaN(low) || Number.isNaN(high)) return `bound ${i} is no number`;
      if (low > high + 1e-4 * (1 + Math.abs(high))) return `bound ${i} is crossed: ${low} to ${high}`;
    }
  } catch (error) {
    if (!isLirpaError(error)) return `a bare error: ${error instanceof Error ? error.stack : String(error)}`;
    // A runtime may find an index out of range in what it is fed; what it refuses to load is a defect.
    if (DEFECTS.includes(error.code) || error.message.includes("refuses the program"))
      return `${error.code}: ${error.stack}`;
  }
  const seconds = (performance.now() - start) / 1000;
  return seconds > SECONDS ? `it took ${seconds.toFixed(1)} s` : undefined;
}

describe("mutated models", () => {
  it(`${COUNT} of them are refused by a typed error that blames the model, or bounded`, async function () {
    this.timeout(COUNT * 2000 + 60_000);
    const files = models();
    const faults: string[] = [];
    for (let seed = FIRST; seed < FIRST + COUNT; seed++) {
      const file = files[seed % files.length]!;
      const method = METHODS[seed % METHODS.length]!;
      const found = await fault(mutated(readFileSync(file), seed), method);
      if (found !== undefined) faults.push(`seed ${seed}, ${file}, ${method}: ${found}`);
    }
    expect(faults, faults.join("\n")).to.deep.equal([]);
  });
});
