import { expect } from "chai";
import fc from "fast-check";
import { callsOf, isNear, numbersOf, ones, reals, sizeOf, tensor, type Call } from "@lirpa/conformance/kit";
import type { HostTensor, RawAttributes } from "@lirpa/core/plugin";
import plugin from "./index.js";

const { apply, operator, prepared } = callsOf(plugin);

const options = { seed: 21, numRuns: 60 } as const;

/** An alias, so that it counts as a record of attributes. */
type Lists = Readonly<Record<"strides" | "dilations" | "pads", readonly number[]>> & { readonly group: number };

interface Windows {
  readonly sizes: readonly number[];
  readonly kernel: readonly number[];
  readonly attributes: Lists;
  readonly group: number;
  readonly channels: number;
  readonly outputs: number;
}

/** Convolutions over one to three axes, all of which see at least one element. */
const windows: fc.Arbitrary<Windows> = fc.integer({ min: 1, max: 3 }).chain((spatial) => {
  const list = (min: number, max: number, length: number = spatial): fc.Arbitrary<number[]> =>
    fc.array(fc.integer({ min, max }), { minLength: length, maxLength: length });
  const few = fc.integer({ min: 1, max: 2 });
  return fc
    .record({
      extra: list(0, spatial === 3 ? 1 : 4),
      kernel: list(1, spatial === 1 ? 3 : 2),
      strides: list(1, 3),
      dilations: list(1, 2),
      pads: list(0, 1, 2 * spatial),
      group: few,
      channels: few,
      outputs: few,
    })
    .map(({ extra, kernel, strides, dilations, pads, ...rest }) => ({
      ...rest,
      kernel,
      sizes: kernel.map((size, axis) => (size - 1) * dilations[axis]! + 1 + extra[axis]!),
      attributes: { strides, dilations, pads, group: rest.group },
    }));
});

const numbers = fc.array(reals(-4, 4), { minLength: 16, maxLength: 16 });

/** Some numbers repeated, with a drift, so that no two elements are alike. */
function filled(shape: readonly number[], some: readonly number[]): HostTensor {
  return tensor(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => some[i % some.length]! + i / 7),
  );
}

function inner(x: HostTensor, y: HostTensor): number {
  return Array.from(x.data).reduce((sum, value, i) => sum + value * y.data[i]!, 0);
}

describe("Conv", () => {
  it("has ConvTranspose as its adjoint", () => {
    fc.assert(
      fc.property(
        windows,
        numbers,
        numbers,
        numbers,
        ({ sizes, kernel, attributes, group, channels, outputs }, a, b, c) => {
          const x = filled([2, group * channels, ...sizes], a);
          const w = filled([group * outputs, channels, ...kernel], b);
          const forward = apply({ type: "Conv", attributes, inputs: [x, w] });
          const y = filled(forward.shape, c);
          const { strides, dilations, pads } = attributes;
          // Elements behind the last window.
          const output_padding = sizes.map(
            (size, axis) =>
              (size + pads[axis]! + pads[axis + sizes.length]! - (kernel[axis]! - 1) * dilations[axis]! - 1) %
              strides[axis]!,
          );
          const back = apply({ type: "ConvTranspose", attributes: { ...attributes, output_padding }, inputs: [y, w] });
          expect(back.shape).deep.equal(x.shape);
          expect(isNear([inner(forward, y)], [inner(x, back)])).equal(true);
        },
      ),
      options,
    );
  });

  it("with auto_pad has as many outputs as strides begin in the input", () => {
    const shapeOf = (auto_pad: string, size: number, stride: number) =>
      apply({ type: "Conv", attributes: { auto_pad, strides: [stride] }, inputs: [ones(1, 1, size), ones(1, 1, 3)] })
        .shape[2];
    for (const size of [3, 4, 5, 6, 7]) {
      for (const stride of [1, 2, 3]) {
        expect([shapeOf("SAME_UPPER", size, stride), shapeOf("SAME_LOWER", size, stride)]).deep.equal([
          Math.ceil(size / stride),
          Math.ceil(size / stride),
        ]);
        expect(shapeOf("VALID", size, stride)).equal(Math.ceil((size - 2) / stride));
      }
    }
  });

  it("puts the odd element of auto_pad at the end for SAME_UPPER, at the start for SAME_LOWER", () => {
    const sums = (auto_pad: string) => [
      ...apply({ type: "Conv", attributes: { auto_pad }, inputs: [ones(1, 1, 3), ones(1, 1, 2)] }).data,
    ];
    expect(sums("SAME_UPPER")).deep.equal([2, 2, 1]);
    expect(sums("SAME_LOWER")).deep.equal([1, 2, 2]);
  });
});

describe("ConvTranspose", () => {
  const spread = (attributes: RawAttributes) => [
    ...apply({
      type: "ConvTranspose",
      attributes: { strides: [2], ...attributes },
      inputs: [ones(1, 1, 3), tensor([1, 1, 3], [1, 10, 100])],
    }).data,
  ];

  it("puts down one kernel for each element", () => {
    expect(spread({})).deep.equal([1, 10, 101, 10, 101, 10, 100]);
    expect(spread({ pads: [1, 2] })).deep.equal([10, 101, 10, 101]);
    expect(spread({ output_padding: [1] })).deep.equal([1, 10, 101, 10, 101, 10, 100, 0]);
  });

  it("cuts or pads to an output shape, evenly, the odd element by auto_pad", () => {
    expect(spread({ output_shape: [5] })).deep.equal([10, 101, 10, 101, 10]);
    expect(spread({ output_shape: [6] })).deep.equal([10, 101, 10, 101, 10, 100]);
    expect(spread({ output_shape: [6], auto_pad: "SAME_UPPER" })).deep.equal([1, 10, 101, 10, 101, 10]);
    expect(spread({ output_shape: [8] })).deep.equal([1, 10, 101, 10, 101, 10, 100, 0]);
  });

  it("has the size of its input times its strides with auto_pad", () => {
    expect(spread({ auto_pad: "SAME_UPPER" })).deep.equal([1, 10, 101, 10, 101, 10]);
    expect(spread({ auto_pad: "SAME_LOWER" })).deep.equal([10, 101, 10, 101, 10, 100]);
  });
});

for (const type of ["Conv", "ConvTranspose"] as const) {
  describe(`the terms of ${type}`, () => {
    const call = ({ sizes, kernel, attributes, group, channels, outputs }: Windows): Call => ({
      type,
      attributes,
      inputs: [
        ones(2, group * channels, ...sizes),
        type === "Conv" ? ones(group * outputs, channels, ...kernel) : ones(group * channels, outputs, ...kernel),
      ],
    });

    it("add up to it", () => {
      fc.assert(
        fc.property(windows.filter(leavesOutput), numbers, numbers, (some, a, b) => {
          const { inputs, ...rest } = call(some);
          const whole: Call = { ...rest, inputs: [filled(inputs[0]!.shape, a), filled(inputs[1]!.shape, b)] };
          const { t, inputs: nodes, context } = prepared(whole);
          const { left, right, sum } = operator(type, "bilinear").terms(context, ...nodes);
          const [terms, value] = [numbersOf(t, sum(t.mul(left, right))), apply(whole)];
          expect(terms.shape).deep.equal(value.shape);
          expect(isNear(terms.data, value.data)).equal(true);
        }),
        options,
      );
    });

    it("leave out the bias, which forward adds per channel", () => {
      const bias = tensor([2], [5, -3]);
      const inputs = [ones(1, 2, 3), type === "Conv" ? ones(2, 2, 2) : ones(2, 2, 2)];
      const [without, withBias] = [apply({ type, inputs }), apply({ type, inputs: [...inputs, bias] })];
      const positions = without.data.length / 2;
      expect(withBias.data.map((value, i) => value - without.data[i]!)).deep.equal(
        without.data.map((_, i) => bias.data[Math.floor(i / positions)]!),
      );
    });
  });
}

/** False where the pads of a transposed convolution take away all that the kernels put down. */
function leavesOutput({ sizes, kernel, attributes }: Windows): boolean {
  const { strides, dilations, pads } = attributes;
  return sizes.every(
    (size, axis) =>
      strides[axis]! * (size - 1) + (kernel[axis]! - 1) * dilations[axis]! + 1 >
      pads[axis]! + pads[axis + sizes.length]!,
  );
}

describe("The convolution pack", () => {
  it("is these two operators, products of an image and a kernel", () => {
    expect(plugin.operators.map(({ type, kind }) => [type, kind])).deep.equal([
      ["Conv", "bilinear"],
      ["ConvTranspose", "bilinear"],
    ]);
    expect(operator("Conv", "bilinear").factors).deep.equal(["X", "W"]);
  });
});
