import { expect } from "chai";
import fc from "fast-check";
import { makeProgram, Vocabulary, type CompiledProgram, type Marks } from "@lirpa/core/recording";
import type { HostTensor } from "@lirpa/core/plugin";
import { onnxRuntimeExecutor } from "@lirpa/executor-onnxruntime";
import {
  boxes,
  CASES,
  choosing,
  record,
  said,
  violation,
  type Case,
  type Numbers,
  type Parts,
  type Said,
} from "./cases.test.js";

const COUNT = 150;
const TOLERANCE = 1e-5;
const executor = onnxRuntimeExecutor();

describe("In float32, ONNX Runtime's", () => {
  for (const example of CASES) {
    for (const [name, marks] of [
      ["lines", {}],
      ["lines for free choices", choosing(Array.from({ length: COUNT }, (_, i) => (i % 7) / 6))],
    ] as const) {
      it(`${name} of ${example.name} bracket it`, async () => {
        const program = await compile(example, marks);
        await fc.assert(
          fc.asyncProperty(boxes(example, COUNT, Math.fround), async (all) => {
            expect(violation(example, all, await run(program, all.lower, all.upper))).at.most(TOLERANCE);
          }),
          { numRuns: 4, endOnFailure: true },
        );
        await program.dispose();
      });
    }

    it(`rules of ${example.name} say numbers or nothing, however far the ends are`, async () => {
      const ends = [-1e30, -1e4, -90, -3, -1e-6, -1e-30, 0, 1e-30, 1e-6, 3, 90, 1e4, 1e30];
      const pairs = ends.flatMap((l) => ends.filter((u) => u >= l).map((u) => [l, u] as const));
      const program = await compile(example, {}, pairs.length);
      const { below, above, least, most } = await run(
        program,
        pairs.map(([l]) => l),
        pairs.map(([, u]) => u),
      );
      for (const slopes of [below.slope, above.slope]) expect(slopes.filter((x) => !Number.isFinite(x))).deep.equal([]);
      // An end that there is not is infinite, on its own side.
      for (const ends of [below.intercept, least]) expect(ends.filter((x) => !(x < Infinity))).deep.equal([]);
      for (const ends of [above.intercept, most]) expect(ends.filter((x) => !(x > -Infinity))).deep.equal([]);
      await program.dispose();
    });
  }
});

function compile(example: Case, marks: Marks, count: number = COUNT): Promise<CompiledProgram> {
  const t = new Vocabulary(undefined, marks);
  const input = (name: string) => t.input({ name, shape: [count], dtype: "float", instances: false, rows: undefined });
  return executor.compile(makeProgram("lines", { ...record(t, example, input("lower"), input("upper")) }));
}

async function run(program: CompiledProgram, lower: Numbers, upper: Numbers): Promise<Said> {
  const feed = (data: Numbers): HostTensor => ({
    shape: [1, 1, data.length],
    dtype: "float",
    data: Float32Array.from(data),
  });
  const outputs = await program.run({ lower: feed(lower), upper: feed(upper) });
  return said(
    Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data])) as unknown as Parts<
      ArrayLike<number>
    >,
  );
}
