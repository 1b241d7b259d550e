import { expect } from "chai";
import fc from "fast-check";
import onnxProto from "onnx-proto";
import { emitOnnx, evaluateProgram, makeProgram, Vocabulary, type Program } from "@lirpa/core/recording";
import { onnxRuntimeExecutor } from "lirpa";
import { randomTensor, seeded } from "./graphs.js";

// A transposed convolution of stride 1 over a constant kernel is emitted as a convolution, where that is faster.

interface Sketch {
  readonly batch: number;
  readonly groups: number;
  readonly channels: readonly [number, number];
  readonly seed: number;
  readonly axes: readonly {
    readonly size: number;
    readonly kernel: number;
    readonly dilation: number;
    readonly stride: number;
    readonly pads: readonly [number, number];
  }[];
}

const axis = fc
  .record({
    size: fc.integer({ min: 2, max: 5 }),
    kernel: fc.integer({ min: 1, max: 3 }),
    dilation: fc.integer({ min: 1, max: 2 }),
    stride: fc.constantFrom(1, 1, 1, 2),
  })
  .chain((one) =>
    fc
      .record({ pads: fc.tuple(fc.nat((one.kernel - 1) * one.dilation), fc.nat(1)) })
      .map((more) => ({ ...one, ...more })),
  );

const sketches: fc.Arbitrary<Sketch> = fc.record({
  batch: fc.integer({ min: 1, max: 2 }),
  groups: fc.constantFrom(1, 1, 2, 3),
  channels: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })),
  seed: fc.nat(1000),
  axes: fc.array(axis, { minLength: 1, maxLength: 3 }),
});

function program({ batch, groups, channels: [from, to], seed, axes }: Sketch): Program {
  const t = new Vocabulary();
  const x = t.input({
    name: "x",
    shape: [batch, groups * from, ...axes.map(({ size }) => size)],
    dtype: "float",
    instances: false,
    rows: undefined,
  });
  const kernel = t.constant(randomTensor([groups * from, to, ...axes.map(({ kernel }) => kernel)], seeded(seed)));
  const y = t.convTranspose(x, kernel, {
    strides: axes.map(({ stride }) => stride),
    pads: [...axes.map(({ pads }) => pads[0]), ...axes.map(({ pads }) => pads[1])],
    dilations: axes.map(({ dilation }) => dilation),
    groups,
    outputPadding: axes.map(({ stride }) => stride - 1),
  });
  return makeProgram("transposed", { y });
}

function operatorsOf(recorded: Program): string[] {
  return onnxProto.onnx.ModelProto.decode(emitOnnx(recorded)).graph!.node!.map(({ opType }) => opType!);
}

describe("a transposed convolution over a constant kernel", () => {
  it("gives what the float64 reference gives, whatever it is emitted as", async () => {
    const executor = onnxRuntimeExecutor();
    await fc.assert(
      fc.asyncProperty(sketches, async (sketch) => {
        const recorded = program(sketch);
        const { shape } = recorded.inputs[0]!;
        const x = randomTensor([1, 1, ...shape], seeded(sketch.seed + 1));
        const wanted = evaluateProgram(recorded, { x })["y"]!;
        const compiled = await executor.compile(recorded);
        const { y } = await compiled.run({ x });
        await compiled.dispose?.();
        expect(y!.shape).to.deep.equal(wanted.shape);
        y!.data.forEach((value, i) =>
          expect(value).to.be.closeTo(wanted.data[i]!, 1e-5 * (1 + Math.abs(wanted.data[i]!))),
        );
      }),
      { numRuns: 150, seed: 5 },
    );
  });

  const plain = { size: 4, kernel: 3, dilation: 1, pads: [1, 1] as const };
  const sketch = (from: number, to: number, stride: number): Sketch => ({
    batch: 1,
    groups: 1,
    channels: [from, to],
    seed: 1,
    axes: [{ ...plain, stride }],
  });

  it("is a convolution with stride 1 and about as many channels behind it as before it", () => {
    expect(operatorsOf(program(sketch(4, 4, 1))))
      .to.include("Conv")
      .and.not.to.include("ConvTranspose");
  });

  it("stays what it is with another stride, or few channels behind it, where ONNX Runtime's Conv is slower", () => {
    for (const one of [sketch(4, 4, 2), sketch(5, 1, 1)]) expect(operatorsOf(program(one))).to.include("ConvTranspose");
  });
});
