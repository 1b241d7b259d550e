import { readdirSync } from "node:fs";
import { platform } from "node:os";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect } from "chai";
import { makeProgram, Vocabulary, type CompiledProgram, type Program } from "@lirpa/core/recording";
import type { HostTensor } from "@lirpa/core/plugin";
import { onnxRuntimeExecutor } from "./index.js";

const executor = onnxRuntimeExecutor();
const x: HostTensor = { shape: [1, 1, 4], dtype: "float", data: Float32Array.of(1, 2, 3, 4) };

function program(factor: number): Program {
  const t = new Vocabulary();
  return makeProgram(`times ${factor}`, {
    y: t.mul(t.input({ name: "x", shape: [4], dtype: "float", instances: false, rows: undefined }), factor),
  });
}

/** What Linux counts as threads of this process. */
const threads = (): number => readdirSync("/proc/self/task").length;

describe("many programs at a time", function () {
  this.timeout(60_000);
  const compiled: CompiledProgram[] = [];
  afterEach(() => Promise.all(compiled.splice(0).map((one) => one.dispose())));

  (platform() === "linux" ? it : it.skip)("have no more threads than a few of them", async () => {
    for (let i = 0; i < 24; i++) compiled.push(await executor.compile(program(i + 2)));
    const few = threads();
    for (let i = 24; i < 64; i++) compiled.push(await executor.compile(program(i + 2)));
    expect(threads()).to.be.at.most(few + 2);
    await Promise.all(compiled.map((one) => one.dispose()));
    expect(threads()).to.be.lessThan(few);
  });

  it("run all the same, one after the other and at once", async () => {
    for (let i = 0; i < 30; i++) compiled.push(await executor.compile(program(i + 2)));
    const expected = compiled.map((_, i) => Array.from(x.data, (value) => value * (i + 2)));
    const one = async (each: CompiledProgram): Promise<number[]> => Array.from((await each.run({ x }))["y"]!.data);
    expect(await Promise.all(compiled.map(one))).to.deep.equal(expected);
    for (const [i, each] of compiled.entries()) expect(await one(each)).to.deep.equal(expected[i]);
  });

  it("that nobody holds any more leave nothing behind, disposed of or not", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const watched: WeakRef<CompiledProgram>[] = [];
    await (async () => {
      for (let i = 0; i < 8; i++) watched.push(new WeakRef(await executor.compile(program(i + 100))));
    })();
    for (let round = 0; round < 5; round++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      collect();
    }
    expect(watched.filter((one) => one.deref() !== undefined).length).to.be.at.most(1);
  });
});
