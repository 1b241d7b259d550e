import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect } from "chai";
import { composeLirpa as compose, type Lirpa } from "@lirpa/core";
import { lp, onnxRuntimeExecutor, perturbed, standardPlugins, type Executor } from "lirpa";
import type { Program } from "@lirpa/core/recording";
import { graph, randomTensor, seeded } from "./graphs.js";

setFlagsFromString("--expose-gc");
const collectOnce = runInNewContext("gc") as () => void;
async function collect(): Promise<void> {
  for (let round = 0; round < 4; round++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    collectOnce();
  }
}

const SIZE = 256;
const random = seeded(9);
const network = (name: string) => ({
  ...graph(
    { x: [1, SIZE] },
    { w: randomTensor([SIZE, SIZE], random), v: randomTensor([SIZE, 2], random) },
    [
      ["MatMul", ["x", "w"], ["h"]],
      ["Relu", ["h"], ["r"]],
      ["MatMul", ["r", "v"], ["y"]],
    ],
    ["y"],
  ),
  name,
});
const inputs = {
  x: perturbed(
    Array.from({ length: SIZE }, () => 0.1),
    lp({ norm: Infinity, eps: 0.1 }),
  ),
};

/** ONNX Runtime, with an eye on the programs that it is given. */
function watching(): { readonly executor: Executor; alive(): number; readonly seen: WeakRef<Program>[] } {
  const seen: WeakRef<Program>[] = [];
  const inner = onnxRuntimeExecutor({ threads: 1 });
  const executor: Executor = {
    ...inner,
    compile: (program) => (seen.push(new WeakRef(program)), inner.compile(program)),
  };
  return { executor, seen, alive: () => seen.filter((program) => program.deref() !== undefined).length };
}

async function boundMany(lirpa: Lirpa, models: number): Promise<void> {
  for (let i = 0; i < models; i++) {
    for (const method of ["crown", "alpha-crown"])
      await lirpa
        .model(network(`model ${i}`))
        .bounds(inputs, { method, methodOptions: { "alpha-crown": { iterations: 1 } } });
  }
}

describe("what stays behind", function () {
  this.timeout(60_000);

  it("of an instance that was disposed of is nothing, though somebody holds it", async () => {
    const { executor, alive, seen } = watching();
    const warm = compose({ plugins: standardPlugins, executor: watching().executor });
    await boundMany(warm, 2);
    await warm.dispose();
    const lirpa = compose({ plugins: standardPlugins, executor });
    await collect();
    const before = process.memoryUsage();
    await boundMany(lirpa, 12);
    expect(seen.length).to.equal(36);
    await lirpa.dispose();
    await collect();
    const after = process.memoryUsage();
    expect(alive()).to.equal(0);
    // Weights, constants and recordings of 24 models of 0.5 MiB each would be far more.
    expect(after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers).to.be.lessThan(2 * 2 ** 20);
    expect(lirpa.registry).to.not.equal(undefined);
  });

  it("of many models in use is what the cache holds, recordings of those that made room are gone", async () => {
    const { executor, alive, seen } = watching();
    const lirpa = compose({ plugins: standardPlugins, executor });
    await boundMany(lirpa, 30);
    expect(seen.length).to.equal(90);
    await collect();
    expect(alive()).to.be.at.most(64);
    await lirpa.dispose();
    await collect();
    expect(alive()).to.equal(0);
  });
});
