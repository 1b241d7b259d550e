import { tfjsExecutor } from "@lirpa/executor-tfjs";
import { referenceExecutor } from "@lirpa/executor-reference";
import * as tf from "@tensorflow/tfjs-core";
import { expect } from "chai";
import fc from "fast-check";
import { isLirpaError, onnxRuntimeExecutor, type Executor, type HostTensor } from "lirpa";
import {
  loopOf,
  makeProgram,
  Vocabulary,
  type Carry,
  type CompiledProgram,
  type Feeds,
  type Loop,
  type Program,
} from "@lirpa/core/recording";
import { MemoryProgramCache } from "@lirpa/core";

// A program that is run on its own results gives what it gives where its results are fed to it by hand.

const SIZE = 4;
const carry: Carry = { moved: "x", "one more": "count" };

/** A point that moves by a matrix and a force, how often it did, and how far it is from where it began. */
function moving(): Program {
  const t = new Vocabulary();
  const input = (name: string, shape: readonly number[], instances = false) =>
    t.input({ name, shape, dtype: name === "count" ? "int" : "float", instances, rows: undefined });
  const [x, w, force] = [input("x", [1, SIZE], true), input("w", [SIZE, SIZE]), input("force", [])];
  const moved = t.tanh(t.add(t.matmul(x, w), force));
  const count = t.add(input("count", []), t.constant(1, [], "int"));
  return makeProgram("moving", { moved, length: t.sum(t.square(moved)), "one more": count });
}

const numbers = (count: number) =>
  fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: count, maxLength: count });

function array(shape: readonly number[], data: readonly number[], dtype: "float" | "int" = "float"): HostTensor {
  return { shape: [1, 1, ...shape], dtype, data: Float32Array.from(data) };
}

function feedsOf(x: readonly number[], w: readonly number[], force: number): Feeds {
  const points: HostTensor = { shape: [x.length / SIZE, 1, 1, SIZE], dtype: "float", data: Float32Array.from(x) };
  return { x: points, w: array([SIZE, SIZE], w), force: array([], [force]), count: array([], [0], "int") };
}

/** Steps by hand. */
async function stepped(program: CompiledProgram, feeds: Feeds, forces: readonly number[]) {
  let state = feeds;
  const lengths: number[] = [];
  for (const force of forces) {
    const results = await program.run((state = { ...state, force: array([], [force]) }));
    lengths.push(...results["length"]!.data);
    state = { ...state, x: results["moved"]!, count: results["one more"]! };
  }
  return { lengths, x: [...state["x"]!.data], count: [...state["count"]!.data] };
}

async function code(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (isLirpaError(error)) return error.code;
    throw error;
  }
  return "none";
}

const executors: readonly Executor[] = [referenceExecutor(), onnxRuntimeExecutor({ threads: 1 }), tfjsExecutor()];

for (const executor of executors) {
  describe(`a loop by ${executor.name}`, () => {
    let program: CompiledProgram;
    const start = feedsOf([1, 0, -1, 0.5], new Array<number>(SIZE ** 2).fill(0.3), 0);
    before(async () => void (program = await executor.compile(moving())));
    after(() => program.dispose());

    const during = async <T>(work: (loop: Loop) => Promise<T>): Promise<T> => {
      const loop = loopOf(program, start, carry);
      try {
        return await work(loop);
      } finally {
        await loop.dispose();
      }
    };

    it("gives what runs give that are fed with their own results", async () => {
      const forces = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 4 });
      await fc.assert(
        fc.asyncProperty(numbers(2 * SIZE), numbers(SIZE ** 2), forces, async (x, w, pushes) => {
          const feeds = feedsOf(x, w, 0);
          const expected = await stepped(program, feeds, pushes);
          const loop = loopOf(program, feeds, carry);
          const steps = await Promise.all(pushes.map((force) => loop.step({ force: array([], [force]) })));
          const state = await loop.read(["x", "count"]);
          await loop.dispose();
          for (const step of steps) expect(Object.keys(step)).to.deep.equal(["length"]);
          expect(steps.flatMap((step) => [...step["length"]!.data])).to.deep.equal(expected.lengths);
          expect([...state["x"]!.data]).to.deep.equal(expected.x);
          expect([...state["count"]!.data]).to.deep.equal(expected.count);
          expect(state["count"]!.dtype).to.equal("int");
        }),
        { numRuns: 20 },
      );
    });

    it("is read before the first step, and what was read stays as it was", () =>
      during(async (loop) => {
        const { x } = await loop.read(["x"]);
        const before = [...x!.data];
        expect(before).to.deep.equal([...start["x"]!.data]);
        await loop.step();
        await loop.step();
        expect([...x!.data]).to.deep.equal(before);
      }));

    it("begins anew where its state is given", () =>
      during(async (loop) => {
        const first = await loop.step();
        await loop.step();
        const again = await loop.step({ x: start["x"]!, count: start["count"]! });
        expect([...again["length"]!.data]).to.deep.equal([...first["length"]!.data]);
        expect([...(await loop.read(["count"]))["count"]!.data]).to.deep.equal([1]);
      }));

    it("carries nothing over from a step that fails", () =>
      during(async (loop) => {
        await loop.step();
        const before = await loop.read(["x", "count"]);
        const wrong: HostTensor = { shape: [1, 1, 2, SIZE], dtype: "float", data: new Float32Array(2 * SIZE) };
        expect(await code(() => loop.step({ w: wrong }))).to.equal("LIRPA_EXECUTOR");
        expect(await loop.read(["x", "count"])).to.deep.equal(before);
        await loop.step({ w: start["w"]! });
        expect([...(await loop.read(["count"]))["count"]!.data]).to.deep.equal([2]);
      }));

    it("refuses to carry or read what there is not, and to go on after its end", async () => {
      const loop = loopOf(program, start, { nothing: "x" });
      expect(await code(() => loop.step())).to.equal("LIRPA_OPTION");
      expect(await code(() => loop.read(["y"]))).to.equal("LIRPA_OPTION");
      await loop.dispose();
      await loop.dispose();
      expect(await code(() => loop.step())).to.equal("LIRPA_DISPOSED");
    });
  });
}

describe("loops", () => {
  it("leave nothing on a backend of TensorFlow.js", async () => {
    const program = await tfjsExecutor().compile(moving());
    const before = tf.memory().numTensors;
    const loop = loopOf(program, feedsOf([1, 0, -1, 0.5], new Array<number>(SIZE ** 2).fill(0.3), 0), carry);
    for (let i = 0; i < 3; i++) await loop.step({ force: array([], [i]) });
    expect(await code(() => loop.step({ count: array([3], [1, 2, 3], "int") }))).to.equal("LIRPA_EXECUTOR");
    await loop.read(["x"]);
    await loop.dispose();
    expect(tf.memory().numTensors).to.equal(before);
    await program.dispose();
  });

  it("hold a program of a cache until they are disposed of", async () => {
    const cache = new MemoryProgramCache();
    let disposed = false;
    const make = async (): Promise<CompiledProgram> => {
      const inner = await referenceExecutor().compile(moving());
      return { ...inner, dispose: async () => void (disposed = true) };
    };
    const program = await cache.get("moving", make);
    const loop = loopOf(program, feedsOf([1, 0, -1, 0.5], new Array<number>(SIZE ** 2).fill(0.3), 0), carry);
    const cleared = cache.clear();
    await loop.step();
    expect(disposed).to.equal(false);
    await loop.dispose();
    await cleared;
    expect(disposed).to.equal(true);
    expect(await code(async () => loopOf(program, {}, carry))).to.equal("LIRPA_DISPOSED");
  });
});
