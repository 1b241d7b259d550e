import { spawnSync } from "node:child_process";
import { expect } from "chai";

/** Values of a program by both providers: a convolution, a product, a choice, a gather and a sum over open rows. */
const SCRIPT = `
import { makeProgram, Vocabulary } from "@lirpa/core/recording";
import { onnxRuntimeExecutor } from ${JSON.stringify(new URL("./index.js", import.meta.url).href)};
const rows = { name: "rows", size: undefined };
const t = new Vocabulary();
const x = t.input({ name: "x", shape: [1, 2, 4, 4], dtype: "float", instances: true, rows: undefined });
const c = t.input({ name: "c", shape: [12], dtype: "float", instances: false, rows });
const kernel = t.constant(Array.from({ length: 54 }, (_, i) => Math.sin(i)), [3, 2, 3, 3]);
const window = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1 };
const h = t.relu(t.conv(x, kernel, window));
const flat = t.reshape(t.where(t.less(h, 0.5), t.mul(h, 2), t.exp(t.neg(h))), [12]);
const outputs = {
  product: t.dot(c, flat),
  back: t.convTranspose(h, kernel, { ...window, outputPadding: [0, 0] }),
  gathered: t.gather(flat, t.constant([3, 1, 3], [3], "int"), 0),
  padded: t.pad(flat, [1], [2], -1),
  largest: t.reduceMax(h, [1]),
};
const program = makeProgram("probe", outputs);
const values = (n, seed) => Float32Array.from({ length: n }, (_, i) => Math.cos(seed + i));
const feeds = {
  x: { shape: [2, 1, 1, 2, 4, 4], dtype: "float", data: values(64, 1) },
  c: { shape: [1, 3, 12], dtype: "float", data: values(36, 2) },
};
const answers = {};
for (const provider of ["cpu", "webgpu"]) {
  const compiled = await onnxRuntimeExecutor({ provider }).compile(program);
  const results = await compiled.run(feeds);
  const flat = Object.entries(results).map(([name, { shape, data }]) => [name, [shape, ...data]]);
  answers[provider] = Object.fromEntries(flat);
}
process.stdout.write(JSON.stringify(answers));
// The native part of WebGPU is not always done when the process ends.
process.exit(0);
`;

describe("ONNX Runtime's webgpu provider", function () {
  this.timeout(120_000);

  it("gives what the cpu provider gives", function () {
    // In a process of its own: a driver that fails may take the process along.
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", SCRIPT], {
      cwd: new URL("..", import.meta.url),
      encoding: "utf8",
      timeout: 100_000,
    });
    if (status !== 0 && /LIRPA_EXECUTOR/.test(stderr) && /adapter|webgpu/i.test(stderr)) {
      console.log("      skipped: there is no WebGPU adapter (docs/executors.md names a software device)");
      this.skip();
    }
    expect({ status, signal }, stderr).to.deep.equal({ status: 0, signal: null });
    const { cpu, webgpu } = JSON.parse(stdout) as Record<
      "cpu" | "webgpu",
      Record<string, readonly [readonly number[], ...number[]]>
    >;
    for (const [name, [shape, ...wanted]] of Object.entries(cpu)) {
      const [found, ...values] = webgpu[name]!;
      expect(found, name).to.deep.equal(shape);
      values.forEach((value, i) =>
        expect(value, `${name} at ${i}`).to.be.closeTo(wanted[i]!, 1e-4 * (1 + Math.abs(wanted[i]!))),
      );
    }
  });
});
