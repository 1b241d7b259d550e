import { expect } from "chai";
import { emitOnnx, makeProgram, readProgram, Vocabulary, type Program } from "@lirpa/core/recording";
import { isLirpaError } from "@lirpa/core";
import type { HostTensor } from "@lirpa/core/plugin";
import { loadProgram, onnxRuntimeExecutor } from "./index.js";

const rows = Object.freeze({ name: "rows", size: undefined });

/** c · x + 1 for every row c and instance x, and the sign of x. */
function recorded(): Program {
  const t = new Vocabulary();
  const x = t.input({ name: "x", shape: [2], dtype: "float", instances: true, rows: undefined });
  const c = t.input({ name: "c", shape: [2], dtype: "float", instances: false, rows });
  return makeProgram("line", { y: t.add(t.dot(c, x), 1), positive: t.less(t.constant(0), x) });
}

const floats = (shape: readonly number[], ...data: number[]): HostTensor => ({
  shape,
  dtype: "float",
  data: Float32Array.from(data),
});
const feeds = { x: floats([3, 1, 2], 1, 2, 3, 4, -5, 6), c: floats([1, 2, 2], 1, -1, 2, 0) };

async function refusal(work: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await work;
  } catch (error) {
    if (isLirpaError(error)) return { code: error.code, message: error.message };
    throw error;
  }
  return { code: "none", message: "" };
}

describe("a saved program", () => {
  const bytes = emitOnnx(recorded(), { "lirpa.method": "by hand" });

  it("says what it takes and gives, and what its writer added", () => {
    const { name, inputs, outputs, metadata } = readProgram(bytes);
    expect(name).to.equal("line");
    expect([...inputs].sort((a, b) => (a.name < b.name ? -1 : 1))).to.deep.equal([
      { name: "c", shape: [2], dtype: "float", instances: false, rows: true, role: { is: "own" } },
      { name: "x", shape: [2], dtype: "float", instances: true, rows: false, role: { is: "own" } },
    ]);
    expect(outputs).to.deep.equal([
      { name: "y", shape: [], dtype: "float", instances: true, rows: true },
      { name: "positive", shape: [2], dtype: "bool", instances: true, rows: false },
    ]);
    expect(metadata["lirpa.method"]).to.equal("by hand");
  });

  it("gives what the recorded one gives", async () => {
    const [loaded, compiled] = await Promise.all([loadProgram(bytes), onnxRuntimeExecutor().compile(recorded())]);
    const [actual, expected] = await Promise.all([loaded.run(feeds), compiled.run(feeds)]);
    expect(actual).to.deep.equal(expected);
    expect(actual["y"]).to.deep.equal(floats([3, 2], 0, 3, 0, 7, -10, -9));
    expect([...actual["positive"]!.data]).to.deep.equal([1, 1, 1, 1, 0, 1]);
    await Promise.all([loaded.dispose(), compiled.dispose()]);
  });

  it("goes through an executor that keeps programs", async () => {
    const executor = onnxRuntimeExecutor();
    const first = await executor.compile(recorded());
    const second = await executor.load!(first.serialize!());
    expect(await second.run(feeds)).to.deep.equal(await first.run(feeds));
    await Promise.all([first.dispose(), second.dispose()]);
  });

  it("gives its memory back and runs again, also while it is running", async () => {
    for (const program of [await loadProgram(bytes), await onnxRuntimeExecutor().compile(recorded())]) {
      const first = await program.run(feeds);
      await program.release!();
      expect(await program.run(feeds)).to.deep.equal(first);
      const [one, , two] = await Promise.all([program.run(feeds), program.release!(), program.run(feeds)]);
      expect([one, two]).to.deep.equal([first, first]);
      expect(await program.run(feeds)).to.deep.equal(first);
      await program.release!();
      await program.release!();
      await program.dispose();
    }
  });

  it("refuses what does not fit its inputs", async () => {
    const loaded = await loadProgram(bytes);
    const wrong: readonly (readonly [Record<string, HostTensor>, RegExp])[] = [
      [{ x: feeds.x }, /input c was not fed/],
      [{ ...feeds, x: { ...feeds.x, dtype: "int" } }, /x takes floats, not ints/],
      [{ ...feeds, x: floats([1, 1, 2], 1) }, /x has 1 numbers for the shape \[1, 1, 2\]/],
      [{ ...feeds, x: floats([1, 1, 3], 1, 2, 3) }, /x has the shape \[1, 1, 3\]/],
      [{ ...feeds, x: floats([2], 1, 2) }, /x has the shape \[2\]/],
      [{ ...feeds, c: floats([2, 1, 2], 1, 2, 3, 4) }, /c is the same for all instances, but has 2/],
    ];
    for (const [given, message] of wrong) {
      const { code, message: said } = await refusal(loaded.run(given));
      expect(code).to.equal("LIRPA_EXECUTOR");
      expect(said).to.match(message);
    }
    await loaded.dispose();
  });

  it("refuses bytes that are no saved program", async () => {
    const session = emitOnnx(recorded());
    for (const other of [
      new Uint8Array(0),
      Uint8Array.of(255, 255, 255),
      session.subarray(0, session.length / 2),
      new TextEncoder().encode("bounds.onnx"),
    ]) {
      expect((await refusal(loadProgram(other))).code).to.equal("LIRPA_MODEL");
    }
  });
});
