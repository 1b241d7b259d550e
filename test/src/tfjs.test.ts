import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import * as tf from "@tensorflow/tfjs-core";
import { createLirpa, isLirpaError, readQuery, type Bounds, type Executor, type Lirpa } from "lirpa";
import { evaluateProgram, makeProgram, Vocabulary, type IrNode } from "@lirpa/core/recording";
import type { HostTensor } from "@lirpa/core/plugin";
import { tfjsExecutor } from "@lirpa/executor-tfjs";
import { expectClose, recordCase, type Recording } from "./primitives/laws.js";
import { FAMILIES } from "./primitives/families.js";
import { runAlone } from "./packages.js";
import { goldenCases, repositoryPath, sharedOrSkip, type GoldenCase } from "./shared.js";

/**
 * `npm run test:tfjs -- --backend B` says which; all cases then, otherwise values and a sample of what else there is.
 */
const chosen = process.env["LIRPA_TFJS_BACKEND"];
const backend = chosen ?? "cpu";
const all = chosen !== undefined;

/**
 * Float32 sums in another order, and backends' own approximations of erf, exp and their like; relative to 1 + the
 * value.
 */
const CLOSE = 5e-5;
/** Bounds of two float32 executors; relative to 1 + the greatest magnitude. */
const BOUNDS = 1e-4;

const FEW = [
  "conv2d-groups-a",
  "conv-transpose2d-a",
  "maxpool-a",
  "residual-mlp-a",
  "mnist_fc_3layer-image0-linf-0.02",
];
const MANY = /^(.*-a|mnist_cnn_small-.*|mnist_fc_3layer-.*|cifar_2c2f-.*)$/;
const METHODS = ["ibp", "crown-ibp", "crown"] as const;

async function expectEqualsReference(executor: Executor, { all: recorded, feeds }: Recording): Promise<void> {
  const outputs: Record<string, IrNode> = {};
  recorded.forEach(({ y, first, second }, i) => {
    outputs[`value ${i}`] = y;
    if (!all && i > 0) return;
    first.forEach((gradient, at) => gradient && (outputs[`gradient ${at} of ${i}`] = gradient));
    if (all) second.forEach((gradient, at) => gradient && (outputs[`second gradient ${at} of ${i}`] = gradient));
  });
  const program = makeProgram("primitive", outputs);
  const used = Object.fromEntries(program.inputs.map(({ name }) => [name, feeds[name]!]));
  const expected = evaluateProgram(program, used);
  const compiled = await executor.compile(program);
  const actual = await compiled.run(used);
  await compiled.dispose();
  for (const [name, value] of Object.entries(expected)) {
    expect(actual[name]!.shape, name).to.deep.equal(value.shape);
    const isNeither = value.data.map((wanted, i) =>
      Number.isNaN(wanted) && Number.isNaN(actual[name]!.data[i]) ? 1 : 0,
    );
    const numbers = (data: HostTensor["data"]): HostTensor["data"] => data.map((x, i) => (isNeither[i] === 1 ? 0 : x));
    expectClose(numbers(actual[name]!.data), numbers(value.data), CLOSE, name);
  }
}

describe(`tfjs on ${backend}`, function () {
  this.timeout(all ? 900_000 : 120_000);
  const executor = tfjsExecutor({ backend });

  for (const [family, cases] of Object.entries(FAMILIES)) {
    it(`computes the primitives of ${family} as the reference does`, async () => {
      for (const example of cases) {
        try {
          await expectEqualsReference(executor, recordCase(example));
        } catch (error) {
          (error as Error).message = `${example.primitive}, ${example.of}: ${(error as Error).message}`;
          throw error;
        }
      }
    });
  }

  it("computes with more axes than tfjs has", async () => {
    const t = new Vocabulary();
    const x = t.input({ name: "x", shape: [2, 1, 3, 2, 1, 2, 3], dtype: "float", instances: true, rows: undefined });
    const y = t.input({ name: "y", shape: [2, 3, 1, 2, 2, 1, 3], dtype: "float", instances: false, rows: undefined });
    const reversed = t.transpose(t.mul(x, y));
    const program = makeProgram("deep", {
      reversed,
      some: t.sum(t.sub(x, y), [0, 2, 4, 6]),
      chosen: t.where(t.less(x, y), x, y),
      wide: t.expand(x, [2, 2, 3, 2, 2, 2, 3]),
    });
    const feed = (shape: readonly number[], seed: number): HostTensor => ({
      shape,
      dtype: "float",
      data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(seed + i)),
    });
    const feeds = { x: feed([2, 1, ...x.shape], 1), y: feed([1, 1, ...y.shape], 2) };
    const compiled = await executor.compile(program);
    const actual = await compiled.run(feeds);
    await compiled.dispose();
    for (const [name, value] of Object.entries(evaluateProgram(program, feeds))) {
      expect(actual[name]!.shape).to.deep.equal(value.shape);
      expectClose(actual[name]!.data, value.data, CLOSE, name);
    }
  });

  it("leaves no tensor behind, whether a run ends well or not", async () => {
    const t = new Vocabulary();
    const x = t.input({ name: "x", shape: [3], dtype: "float", instances: true, rows: undefined });
    const y = t.input({ name: "y", shape: [3], dtype: "float", instances: false, rows: undefined });
    const mask = t.reshape(t.less(t.constant([0, 1, 2]), y), [3]);
    const index = t.rowsWhere(mask, { name: "open", size: undefined, most: 3 });
    const program = makeProgram("leak", {
      sum: t.add(t.dot(t.constant([1, 2, 3]), t.exp(x)), 1),
      picked: t.pickByRow(t.mul(y, 2), index),
      constant: t.constant([5, 6]),
    });
    const feeds = {
      x: { shape: [2, 1, 3], dtype: "float", data: new Float32Array(6) },
      y: { shape: [1, 1, 3], dtype: "float", data: Float32Array.of(0, 2, 3) },
    } as const;
    const before = tf.memory().numTensors;
    const compiled = await executor.compile(program);
    const ready = tf.memory().numTensors;
    for (let i = 0; i < 3; i++) expect([...(await compiled.run(feeds))["picked"]!.data]).to.deep.equal([4, 6]);
    expect(tf.memory().numTensors).to.equal(ready);
    expect(await codeOf(compiled.run({ x: feeds.x }))).to.equal("LIRPA_EXECUTOR");
    expect(await codeOf(compiled.run({ ...feeds, y: { ...feeds.y, data: new Float32Array(2) } }))).to.equal(
      "LIRPA_EXECUTOR",
    );
    expect(tf.memory().numTensors).to.equal(ready);
    await compiled.dispose();
    expect(tf.memory().numTensors).to.equal(before);
  });

  it("computes in turn what is asked at once, and leaves the current backend as it was", async () => {
    const lirpa = await createLirpa({ executor });
    const current = tf.engine().backendName;
    const t = new Vocabulary();
    const x = t.input({ name: "x", shape: [2], dtype: "float", instances: true, rows: undefined });
    const compiled = await executor.compile(makeProgram("twice", { y: t.mul(x, 2) }));
    const runs = await Promise.all(
      [1, 2, 3].map((value) =>
        compiled.run({ x: { shape: [1, 1, 2], dtype: "float", data: Float32Array.of(value, -value) } }),
      ),
    );
    expect(runs.map(({ y }) => [...y!.data])).to.deep.equal([
      [2, -2],
      [4, -4],
      [6, -6],
    ]);
    expect(tf.engine().backendName).to.equal(current);
    await compiled.dispose();
    await lirpa.dispose();
  });

  it("bounds golden networks as ONNX Runtime does", async function () {
    const goldens = sharedOrSkip(this, "goldens");
    const [here, there] = await Promise.all([createLirpa({ executor }), createLirpa()]);
    const cases = goldenCases(goldens, ["ops", "graphs", "models"]).filter(({ name }) =>
      all ? MANY.test(name) : FEW.includes(name),
    );
    let count = 0;
    for (const golden of cases) {
      if (!(await isCovered(there, golden))) continue;
      count++;
      for (const method of METHODS) {
        const [actual, expected] = [await bounded(here, golden, method), await bounded(there, golden, method)];
        const scale = Math.max(1, ...expected.lower.map(Math.abs), ...expected.upper.map(Math.abs));
        for (const end of ["lower", "upper"] as const)
          expectClose(
            actual[end].map((value) => value / scale),
            expected[end].map((value) => value / scale),
            BOUNDS,
            `${golden.name} by ${method}`,
          );
      }
    }
    expect(count).to.be.at.least(FEW.length);
    console.log(`      ${count} goldens by ${METHODS.join(", ")}`);
    await Promise.all([here.dispose(), there.dispose()]);
  });
});

describe("tfjs backends that are not there", () => {
  const compile = (backend: string): Promise<unknown> => tfjsExecutor({ backend }).compile(makeProgram("none", {}));

  it("are errors that name the package to install", async function () {
    if (chosen !== undefined) this.skip();
    const error = await errorOf(compile("node-gpu"));
    expect(isLirpaError(error) && [error.code, error.problem, error.hint]).to.deep.equal([
      "LIRPA_EXECUTOR",
      "the tfjs backend node-gpu is not there: the package @tensorflow/tfjs-node-gpu is not installed",
      "Run: npm install @tensorflow/tfjs-node-gpu",
    ]);
  });

  it("are errors that name the known backends where nobody knows them", async () => {
    const error = await errorOf(compile("abacus"));
    expect(isLirpaError(error) && [error.code, error.hint]).to.deep.equal([
      "LIRPA_EXECUTOR",
      "Known backends: cpu, wasm, webgl, webgpu, node, node-gpu, tensorflow.",
    ]);
  });
});

/** Whether the standard packs have rules for all of its nodes and sets. */
async function isCovered(lirpa: Lirpa, golden: GoldenCase): Promise<boolean> {
  const error = await errorOf(bounded(lirpa, golden, "ibp"));
  if (error !== undefined && !(isLirpaError(error) && error.code.startsWith("LIRPA_UNSUPPORTED"))) throw error;
  return error === undefined;
}

async function bounded(lirpa: Lirpa, { folder }: GoldenCase, method: string): Promise<Bounds> {
  const model = await lirpa.load(join(folder, "model.onnx"));
  const { inputs, options } = readQuery(readFileSync(join(folder, "case.json"), "utf8"));
  return model.bounds(inputs, { ...options, method });
}

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  const error = await errorOf(work);
  return isLirpaError(error) ? error.code : String(error);
}

describe("npm run test:tfjs", () => {
  it("says in one line which package is missing", async () => {
    const { code, stderr, stdout } = await runAlone(
      process.execPath,
      ["tools/test-tfjs.mjs", "--backend", "node-gpu", "--from", "docs"],
      repositoryPath(),
    );
    expect([code, stdout]).to.deep.equal([1, ""]);
    expect(stderr).to.match(/^@tensorflow\/tfjs-node-gpu is not installed in .*docs: .*--from FOLDER\.\n$/);
  });
});
