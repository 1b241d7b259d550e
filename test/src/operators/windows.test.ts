import { expect } from "chai";
import fc from "fast-check";
import { counted, numbers, OPSETS, type Attributes, type OneNode } from "./support.test.js";

/** Attributes of convolutions and pools over random windows; one entry per spatial axis. */
interface Windows {
  readonly sizes: readonly number[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[] | undefined;
  readonly padding: Attributes;
}

const REFUSALS = ["LIRPA_SHAPE", "LIRPA_UNSUPPORTED_ATTRIBUTE"] as const;

const windows: fc.Arbitrary<Windows> = fc.integer({ min: 1, max: 3 }).chain((spatial) => {
  const list = (min: number, max: number, length: number = spatial): fc.Arbitrary<number[]> =>
    fc.array(fc.integer({ min, max }), { minLength: length, maxLength: length });
  return fc.record({
    sizes: spatial === 3 ? list(2, 4) : list(2, 8),
    kernel: list(1, 3),
    strides: list(1, 3),
    dilations: fc.option(list(1, 2), { nil: undefined }),
    padding: fc.oneof(
      fc.constant({}),
      list(0, 2, 2 * spatial).map((pads) => ({ pads })),
      fc.constantFrom("VALID", "SAME_UPPER", "SAME_LOWER").map((auto_pad) => ({ auto_pad })),
    ),
  });
});
const common = {
  windows,
  batch: fc.integer({ min: 1, max: 2 }),
  opset: fc.constantFrom(...OPSETS),
  seed: fc.nat(1000),
};
const few = fc.integer({ min: 1, max: 2 });

const convolutions: fc.Arbitrary<OneNode> = fc
  .record({
    ...common,
    groups: few,
    channels: few,
    outputs: few,
    bias: fc.boolean(),
    says: fc.boolean(),
    stored: fc.boolean(),
  })
  .map(
    ({
      windows: { sizes, kernel, strides, dilations, padding },
      batch,
      opset,
      seed,
      groups,
      channels,
      outputs,
      bias,
      says,
      stored,
    }) => ({
      type: "Conv",
      opset,
      inputs: [
        numbers([batch, groups * channels, ...sizes], seed),
        numbers([groups * outputs, channels, ...kernel], seed + 1),
        ...(bias ? [numbers([groups * outputs], seed + 2)] : []),
      ],
      attributes: {
        strides,
        ...padding,
        ...(dilations && { dilations }),
        ...(groups > 1 && { group: groups }),
        ...(says && { kernel_shape: kernel }),
      },
      ...(stored && { stored: [1, 2] }),
    }),
  );

const transposed: fc.Arbitrary<OneNode> = fc
  .record({
    ...common,
    groups: few,
    channels: few,
    outputs: few,
    bias: fc.boolean(),
    more: fc.option(fc.integer({ min: 0, max: 2 }), { nil: undefined }),
    shape: fc.option(fc.integer({ min: -1, max: 3 }), { nil: undefined }),
  })
  .map(
    ({
      windows: { sizes, kernel, strides, dilations, padding },
      batch,
      opset,
      seed,
      groups,
      channels,
      outputs,
      bias,
      more,
      shape,
    }) => ({
      type: "ConvTranspose",
      opset,
      inputs: [
        numbers([batch, groups * channels, ...sizes], seed),
        numbers([groups * channels, outputs, ...kernel], seed + 1),
        ...(bias ? [numbers([groups * outputs], seed + 2)] : []),
      ],
      attributes: {
        strides,
        ...padding,
        ...(dilations && { dilations }),
        ...(groups > 1 && { group: groups }),
        ...(more !== undefined && { output_padding: sizes.map(() => more) }),
        ...(shape !== undefined && {
          output_shape: sizes.map((size, axis) => Math.max(1, size * strides[axis]! + shape)),
        }),
      },
      stored: [1, 2],
    }),
  );

function pools(type: "MaxPool" | "AveragePool"): fc.Arbitrary<OneNode> {
  return fc
    .record({ ...common, channels: fc.integer({ min: 1, max: 3 }), ceil: fc.boolean(), counts: fc.boolean() })
    .map(({ windows: { sizes, kernel, strides, dilations, padding }, batch, opset, seed, channels, ceil, counts }) => ({
      type,
      opset,
      inputs: [numbers([batch, channels, ...sizes], seed)],
      attributes: {
        kernel_shape: kernel,
        strides,
        ...padding,
        ...(opset >= 10 && ceil && { ceil_mode: 1 }),
        ...(type === "AveragePool" && counts && { count_include_pad: 1 }),
        ...(opset >= (type === "MaxPool" ? 10 : 19) && dilations && { dilations }),
      },
    }));
}

const RANDOM: readonly { readonly type: string; readonly nodes: fc.Arbitrary<OneNode>; readonly seed: number }[] = [
  { type: "Conv", nodes: convolutions, seed: 1 },
  { type: "ConvTranspose", nodes: transposed, seed: 2 },
  { type: "MaxPool", nodes: pools("MaxPool"), seed: 3 },
  { type: "AveragePool", nodes: pools("AveragePool"), seed: 4 },
];

describe("sliding windows in files of any opset", () => {
  for (const { type, nodes, seed } of RANDOM) {
    it(`${type} computes what ONNX Runtime does`, async () => {
      const outcomes = await counted(nodes, { numRuns: 150, seed, codes: REFUSALS });
      console.log(
        `      ${type}: ${Object.entries(outcomes)
          .map(([outcome, count]) => `${outcome} ${count}`)
          .join(", ")}`,
      );
      expect(outcomes["both agree"]).to.be.greaterThan(50);
    });
  }
});
