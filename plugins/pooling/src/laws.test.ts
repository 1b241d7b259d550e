import { expect } from "chai";
import fc from "fast-check";
import { callsOf, isNear, numbersOf, ones, reals, sizeOf, tensor, type Call } from "@lirpa/conformance/kit";
import { Vocabulary } from "@lirpa/core/recording";
import type { RawAttributes } from "@lirpa/core/plugin";
import plugin from "./index.js";
import { scatterWindows } from "./scatter-windows.js";
import type { PoolingWindow } from "./window.js";
import { pools, type Pool } from "./pools.test.js";

const { apply, operator, prepared } = callsOf(plugin);

const options = { seed: 31, numRuns: 60 } as const;

const numbers = fc.array(reals(-4, 4), { minLength: 64, maxLength: 64 });
const filled = (shape: readonly number[], some: readonly number[]) =>
  tensor(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => some[i % some.length]!),
  );

describe("scatterWindows", () => {
  it("is the adjoint of windows: ⟨windows(x), y⟩ = ⟨x, scatterWindows(y)⟩", () => {
    fc.assert(fc.property(pools, numbers, numbers, expectAdjoint), options);
  });

  it("is so too where windows almost tile the image", () => {
    for (const pool of [
      { shape: [1, 1, 4], attributes: { kernel_shape: [2], strides: [2], pads: [1, 0] } },
      { shape: [1, 1, 6], attributes: { kernel_shape: [3], strides: [2] } },
      { shape: [1, 1, 2], attributes: { kernel_shape: [2], dilations: [2], pads: [0, 1] } },
      { shape: [1, 1, 5], attributes: { kernel_shape: [2], strides: [2] } },
    ])
      expectAdjoint(pool, [1, 2, 3, 4, 5, 6], [1, -10, 100, -1000]);
  });
});

function expectAdjoint({ shape, attributes }: Pool, a: readonly number[], b: readonly number[]): void {
  const t = new Vocabulary();
  const x = t.constant(filled(shape, a));
  const { window } = prepared({ type: "MaxPool", attributes, inputs: [ones(...shape)] }).context.attributes as {
    readonly window: PoolingWindow;
  };
  const cut = t.windows(x, window.kernel, window.options);
  const y = t.constant(filled(cut.shape, b));
  const back = t.node(scatterWindows(t, y, window) as typeof y);
  expect(back.shape).deep.equal(shape);
  expect(isNear(numbersOf(t, t.dot(cut, y)).data, numbersOf(t, t.dot(x, back)).data)).equal(true);
}

describe("AveragePool", () => {
  const average = ({ shape, attributes }: Pool, data: readonly number[], more: RawAttributes = {}) =>
    apply({ type: "AveragePool", attributes: { ...attributes, ...more }, inputs: [filled(shape, data)] });

  it("of equal numbers is that number, however little of a window is seen", () => {
    fc.assert(
      fc.property(pools, (pool) => {
        expect(
          isNear(
            average(pool, [3]).data,
            average(pool, [3]).data.map(() => 3),
          ),
        ).equal(true);
      }),
      options,
    );
  });

  it("counts padding as zeros where it is asked to", () => {
    const pool = { shape: [1, 1, 3], attributes: { kernel_shape: [2], pads: [1, 0], count_include_pad: 1 } };
    expect([...average(pool, [2, 4, 6]).data]).deep.equal([1, 3, 5]);
  });

  it("never counts what lies beyond the padding", () => {
    const pool = {
      shape: [1, 1, 4],
      attributes: { kernel_shape: [3], strides: [2], pads: [0, 0], ceil_mode: 1, count_include_pad: 1 },
    };
    expect([...average(pool, [3, 3, 3, 6]).data]).deep.equal([3, 4.5]);
  });
});

describe("GlobalAveragePool and GlobalMaxPool", () => {
  it("keep the spatial axes at size one", () => {
    const image = tensor([1, 2, 2, 2], [1, 2, 3, 6, 0, -1, -2, -5]);
    const mean = apply({ type: "GlobalAveragePool", inputs: [image] });
    expect([mean.shape, [...mean.data]]).deep.equal([
      [1, 2, 1, 1],
      [3, -2],
    ]);
  });

  it("GlobalMaxPool is a MaxPool with a single window", () => {
    const { attributeContext: context } = prepared({ type: "GlobalMaxPool", inputs: [ones(1, 2, 3, 4)] });
    const { nodes } = operator("GlobalMaxPool", "composite").expand(undefined, context);
    expect(nodes.map(({ type, attributes }) => [type, attributes])).deep.equal([["MaxPool", { kernel_shape: [3, 4] }]]);
  });
});

describe("windows at the end", () => {
  const sizeAt = (attributes: RawAttributes) =>
    apply({ type: "MaxPool", attributes, inputs: [ones(1, 1, 6)] }).shape[2];

  it("are left out where they do not fit, and kept with ceil_mode where they begin inside", () => {
    expect(sizeAt({ kernel_shape: [3], strides: [2] })).equal(2);
    expect(sizeAt({ kernel_shape: [3], strides: [2], ceil_mode: 1 })).equal(3);
    expect(sizeAt({ kernel_shape: [2], strides: [3], pads: [0, 1], ceil_mode: 1 })).equal(2);
  });

  it("begin once per stride with auto_pad", () => {
    expect(sizeAt({ kernel_shape: [3], strides: [2], auto_pad: "SAME_UPPER" })).equal(3);
    expect(sizeAt({ kernel_shape: [3], strides: [4], auto_pad: "SAME_LOWER" })).equal(2);
    expect(sizeAt({ kernel_shape: [3], strides: [2], auto_pad: "VALID" })).equal(2);
  });
});

describe("The pooling pack", () => {
  it("says of all linear pools that their coefficients are not negative", () => {
    for (const rule of plugin.operators) if (rule.kind === "linear") expect(rule.nonnegative, rule.type).equal(true);
  });

  it("maxima see the numbers inside, never the padding", () => {
    const call: Call = {
      type: "MaxPool",
      attributes: { kernel_shape: [2], pads: [1, 1] },
      inputs: [tensor([1, 1, 2], [-7, -3])],
    };
    expect([...apply(call).data]).deep.equal([-7, -3, -3]);
  });
});
