import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { InferenceSession, Tensor } from "onnxruntime-node";
import {
  bin,
  input,
  lirpa,
  model,
  queue,
  runProcess,
  spec,
  temporaryFolder,
  writeExample,
  type Outcome,
  type RunOptions,
} from "./support.test.js";

interface Answer {
  readonly method: string;
  readonly lower: readonly number[];
  readonly upper: readonly number[];
  readonly shape: readonly number[];
  readonly seconds: Readonly<Record<string, number>>;
  readonly model: string;
  readonly output: string;
  readonly explain?: readonly Readonly<Record<string, unknown>>[];
}

const plain = ["bounds", "model.onnx", "--query", "query.json"];

const TIMES = String.raw`record [\d.]+ s, compile [\d.]+ s, run [\d.]+ s`;
const TWO_TABLES = new RegExp(
  String.raw`^ibp {2}y \[1, 1\] {2}${TIMES}\n +row +lower +upper\n +0,0 +-?[\d.]+ +-?[\d.]+\n\ncrown {2}y`,
);

describe("lirpa bounds", function () {
  this.timeout(60_000);
  const folder = temporaryFolder();
  const enqueue = queue();
  const run = (args: readonly string[], options: RunOptions = {}): Promise<Outcome> =>
    enqueue(() => lirpa(args, { cwd: folder, ...options }));
  const done = async (args: readonly string[], options?: RunOptions): Promise<string> => {
    const { code, stdout, stderr } = await run(args, options);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
    return stdout;
  };
  const answer = async (args: readonly string[], options?: RunOptions): Promise<Answer> =>
    JSON.parse(await done([...args, "--json"], options)) as Answer;

  before(() => writeExample(folder));

  it("answers with one JSON object", async () => {
    const { method, lower, upper, shape, seconds, model: file, output, ...rest } = await answer(plain);
    expect({ method, shape, file, output, rest }).to.deep.equal({
      method: "crown",
      shape: [1, 1],
      file: "model.onnx",
      output: "y",
      rest: {},
    });
    expect(seconds).to.have.all.keys("record", "compile", "run");
    for (const value of Object.values(seconds)) expect(value).to.be.at.least(0).and.be.below(60);
    const values = sampled();
    expect(lower).to.have.length(1);
    expect(lower[0])
      .to.be.at.most(Math.min(...values) + 1e-6)
      .and.at.least(Math.min(...values) - 1);
    expect(upper[0])
      .to.be.at.least(Math.max(...values) - 1e-6)
      .and.at.most(Math.max(...values) + 1);
  });

  it("answers with an array for several methods, in their order", async () => {
    const text = await done([...plain, "--method", "crown,ibp", "-m", "crown-ibp", "--json"]);
    const answers = JSON.parse(text) as Answer[];
    expect(answers.map(({ method }) => method)).to.deep.equal(["crown", "ibp", "crown-ibp"]);
    for (const { lower, upper } of answers) expect(lower[0]).to.be.below(upper[0]!);
  });

  it("bounds each output where there is no spec, and each instance of several", async () => {
    const stdin = JSON.stringify({ inputs: [{ ...input, center: [0.5, -0.25, 1, 1] }] });
    const { shape, lower, upper } = await answer(["bounds", "model.onnx", "--query", "-"], { stdin });
    expect([shape, lower.length, upper.length]).to.deep.equal([[2, 2], 4, 4]);
  });

  it("bounds rows of each instance's own, as labels differ within a batch", async () => {
    const two = [{ ...input, center: [0.5, -0.25, 1, 1] }];
    const ask = (own: unknown): ReturnType<typeof answer> =>
      answer(["bounds", "model.onnx", "--query", "-"], { stdin: JSON.stringify({ inputs: two, spec: own }) });
    const { shape, lower } = await ask([[[1, -1]], [[-1, 1]]]);
    const shared = await ask([
      [1, -1],
      [-1, 1],
    ]);
    expect(shape).to.deep.equal([2, 1]);
    expect(lower).to.deep.equal([shared.lower[0], shared.lower[3]]);
  });

  it("answers with bounds, not with the state of what was optimized", async () => {
    const found = await answer([...plain, "--method", "alpha-crown"]);
    expect(found).to.have.all.keys("method", "lower", "upper", "shape", "seconds", "model", "output");
  });

  it("reads the query from standard input", async () => {
    const [fromFile, fromStdin] = await Promise.all([
      answer(plain),
      answer(["bounds", "model.onnx", "--query", "-"], { stdin: JSON.stringify({ inputs: [input], spec }) }),
    ]);
    expect(fromStdin.lower).to.deep.equal(fromFile.lower);
  });

  it("shows a table per method to people, without colors where nobody sees them", async () => {
    const [text, { lower }] = await Promise.all([
      done([...plain, "--method", "ibp,crown"], { env: { CI: "1", FORCE_COLOR: "1" } }),
      answer(plain),
    ]);
    // eslint-disable-next-line no-control-regex
    expect(text).to.not.match(/\u001b/);
    expect(text).to.match(TWO_TABLES);
    const shown = Number(/crown {2}y[^\n]*\n[^\n]*\n +0,0 +(\S+)/.exec(text)![1]);
    expect(shown).to.be.at.most(lower[0]!).and.closeTo(lower[0]!, 1e-5);
  });

  it("explains the rules of all nodes", async () => {
    const [text, { explain }] = await Promise.all([done([...plain, "--explain"]), answer([...plain, "--explain"])]);
    expect(
      explain?.map(({ node, operator, plugin, shape, representation }) => ({
        node,
        operator,
        plugin,
        shape,
        representation,
      })),
    ).to.deep.equal([
      { node: "fc1", operator: "Gemm", plugin: "@lirpa/plugin-linear", shape: [1, 3], representation: "none" },
      { node: "act", operator: "Relu", plugin: "@lirpa/plugin-activation", shape: [1, 3], representation: "none" },
      { node: "fc2", operator: "Gemm", plugin: "@lirpa/plugin-linear", shape: [1, 2], representation: "none" },
    ]);
    for (const { kind } of explain!)
      expect(kind).to.be.oneOf(["linear", "elementwise", "bilinear", "composite", "custom"]);
    expect(text).to.match(
      /\n +node +operator +kind +plugin +shape +rows\n +fc1 +Gemm +\w+ +@lirpa\/plugin-linear +\[1, 3\] +none\n/,
    );
  });

  it("takes memory, threads and provider", async () => {
    const [whole, small] = await Promise.all([
      answer(plain),
      answer([...plain, "--memory", "0.5KiB", "--threads", "1", "--provider", "cpu"]),
    ]);
    expect(small.lower[0]).to.be.closeTo(whole.lower[0]!, 1e-6);
  });

  it("bounds the output that is asked for, and asks which where there are several", async () => {
    const output = [{ name: "y" }, { name: "a" }];
    writeFileSync(join(folder, "two.onnx"), model({ output }));
    const ask = ["bounds", "two.onnx", "--query", "-"];
    const stdin = JSON.stringify({ inputs: [input] });
    const [hidden, silent] = await Promise.all([answer([...ask, "--output", "a"], { stdin }), run(ask, { stdin })]);
    expect(hidden).to.deep.include({ output: "a", shape: [1, 3] });
    expect([silent.code, silent.stdout]).to.deep.equal([64, ""]);
    expect(silent.stderr).to.equal("lirpa: the model has 2 outputs. Choose one of y, a.\n");
  });

  it("saves a program that gives the same bounds in plain ONNX Runtime, and nothing else", async () => {
    writeFileSync(join(folder, "saved.onnx"), "an older file");
    const { lower, upper } = await answer([...plain, "--save", "saved.onnx"]);
    const session = await InferenceSession.create(join(folder, "saved.onnx"));
    const floats = (data: readonly number[], dims: readonly number[]): Tensor =>
      new Tensor("float32", Float32Array.from(data), dims);
    const results = await session.run({
      "center:x": floats(input.center, [1, 1, 1, 2]),
      "set:x:eps": floats([0.1], [1, 1]),
      rows: floats(spec[0]!, [1, 1, 1, 2]),
    });
    expect([...(results["lower"]!.data as Float32Array)]).to.deep.equal(lower);
    expect([...(results["upper"]!.data as Float32Array)]).to.deep.equal(upper);
    expect(readdirSync(folder).filter((name) => name.includes("saved"))).to.deep.equal(["saved.onnx"]);
  });

  it("saves nothing where it fails", async () => {
    const { code } = await run([...plain, "--output", "z", "--save", "failed.onnx"]);
    expect(code).to.equal(64);
    expect(readdirSync(folder).filter((name) => name.includes("failed"))).to.deep.equal([]);
  });

  it("ends quietly at Ctrl-C", async () => {
    const { signal, stdout, stderr } = await run(["bounds", "model.onnx", "--query", "-"], { interrupt: "SIGINT" });
    expect({ signal, stdout, stderr }).to.deep.equal({ signal: "SIGINT", stdout: "", stderr: "" });
  });

  it("ends quietly where nobody reads on", async () => {
    const { code, stderr } = await run(plain, { deaf: true });
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
  });

  it("fails where its results cannot be written", async function () {
    if (!existsSync("/dev/full")) this.skip();
    const { code, stderr } = await enqueue(() =>
      runProcess("sh", ["-c", `"${process.execPath}" "${bin}" ${plain.join(" ")} --json > /dev/full`], { cwd: folder }),
    );
    expect(code).to.equal(70);
    expect(stderr).to.match(/^lirpa: cannot write to standard output: no space left on device\.[^\n]*\n$/);
  });

  it("gives the peer's bounds of a golden network", async function () {
    const shared = process.env["LIRPA_SHARED"] ?? new URL("../../../../shared", import.meta.url).pathname;
    const golden = join(shared, "goldens/models/mnist_cnn_small-image0-linf-0.03");
    if (!existsSync(golden)) this.skip();
    const { methods } = JSON.parse(readFileSync(join(golden, "case.json"), "utf8")) as {
      methods: { crown: { lower: number[]; upper: number[] } };
    };
    const { lower, upper, shape } = await answer([
      "bounds",
      join(golden, "model.onnx"),
      "--query",
      join(golden, "case.json"),
    ]);
    expect(shape).to.deep.equal([1, 9]);
    methods.crown.lower.forEach((value, i) => expect(lower[i]).to.be.at.least(value - 0.01));
    methods.crown.upper.forEach((value, i) => expect(upper[i]).to.be.at.most(value + 0.01));
  });
});

/** y0 − y1 at points of the query's ball. */
function sampled(): number[] {
  const relu = (value: number): number => Math.max(value, 0);
  return [-1, -0.5, 0, 0.5, 1].flatMap((dx) =>
    [-1, -0.5, 0, 0.5, 1].map((dy) => {
      const [x, y] = [0.5 + 0.1 * dx, -0.25 + 0.1 * dy];
      const hidden = [relu(x + 0.25 * y + 0.1), relu(-x + y), relu(0.5 * x - 2 * y - 0.1)] as const;
      return 2 * hidden[0] - 2.5 * hidden[2];
    }),
  );
}
