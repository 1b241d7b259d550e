import { expect } from "chai";
import { Vocabulary, type IrNode } from "@lirpa/core/recording";
import type { Shape } from "@lirpa/core/plugin";

const t = new Vocabulary();
const row = (...numbers: number[]): IrNode => t.constant(numbers);
const matrix = (shape: Shape, ...numbers: number[]): IrNode => t.constant(numbers, shape);
const step = { strides: [1], pads: [0, 0], dilations: [1] };

/** What functions that are written in others mean; primitives are held to ONNX Runtime's meaning. */
const MEANINGS: Readonly<
  Record<string, { readonly is: IrNode; readonly shape: Shape; readonly numbers: readonly number[] }>
> = {
  "the square of −3 is 9": { is: t.square(-3), shape: [], numbers: [9] },
  "greater is strict": { is: t.greater(row(1, 2, 3), 2), shape: [3], numbers: [0, 0, 1] },
  "greaterEqual is not": { is: t.greaterEqual(row(1, 2, 3), 2), shape: [3], numbers: [0, 1, 1] },
  "less is strict": { is: t.less(row(1, 2, 3), 2), shape: [3], numbers: [1, 0, 0] },
  "lessEqual is not": { is: t.lessEqual(row(1, 2, 3), 2), shape: [3], numbers: [1, 1, 0] },
  "a mean is a sum over the number of its elements": {
    is: t.mean(matrix([2, 3], 1, 2, 3, 5, 6, 10), [1]),
    shape: [2],
    numbers: [2, 7],
  },
  "a mean over all axes": { is: t.mean(matrix([2, 3], 1, 2, 3, 5, 6, 10)), shape: [], numbers: [4.5] },
  "places count from 0": { is: t.arange(3), shape: [3], numbers: [0, 1, 2] },
  "the greatest come first": { is: t.topK(row(3, 9, 4, 1), 3, 0).values, shape: [3], numbers: [9, 4, 3] },
  "and say where they stood": { is: t.topK(row(3, 9, 4, 1), 3, 0).indices, shape: [3], numbers: [1, 2, 0] },
  "of equal elements the first is the greatest": { is: t.argMax(row(1, 2, 2), 0), shape: [1], numbers: [1] },
  "halves round to even numbers": { is: t.round(row(0.5, 1.5, -2.5)), shape: [3], numbers: [0, 2, -2] },
  "integers divide toward zero": { is: t.div(t.constant([7, -7], [2], "int"), 2), shape: [2], numbers: [3, -3] },
  "floats become integers toward zero": { is: t.cast(row(1.7, -1.7), "int"), shape: [2], numbers: [1, -1] },
  "windows list the kernel's elements first": {
    is: t.windows(matrix([1, 1, 4], 1, 2, 3, 4), [2], { ...step, strides: [2] }),
    shape: [1, 1, 2, 2],
    numbers: [1, 3, 2, 4],
  },
  "windows see a value outside, and holes between": {
    is: t.windows(matrix([1, 1, 3], 1, 2, 3), [2], { strides: [1], pads: [1, 0], dilations: [2] }, -5),
    shape: [1, 1, 2, 2],
    numbers: [-5, 1, 2, 3],
  },
  "windows slide over the last axis first": {
    is: t.windows(matrix([1, 1, 2, 2], 1, 2, 3, 4), [1, 1], { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1] }),
    shape: [1, 1, 1, 2, 2],
    numbers: [1, 2, 3, 4],
  },
  "a convolution does not turn its kernel": {
    is: t.conv(matrix([1, 1, 3], 1, 2, 3), matrix([1, 1, 2], 10, 1), { ...step, groups: 1 }),
    shape: [1, 1, 2],
    numbers: [12, 23],
  },
  "a transposed convolution puts kernels down": {
    is: t.convTranspose(matrix([1, 1, 2], 1, 2), matrix([1, 1, 2], 10, 1), {
      ...step,
      strides: [2],
      groups: 1,
      outputPadding: [1],
    }),
    shape: [1, 1, 5],
    numbers: [10, 1, 20, 2, 0],
  },
  "padding between elements stands between, not around": {
    is: t.pad(row(1, 2, 3), [1], [0], 7, [1]),
    shape: [6],
    numbers: [7, 1, 7, 2, 7, 3],
  },
  "a slice ends before its stop": { is: t.slice(row(0, 1, 2, 3, 4), [1], [4], [2]), shape: [2], numbers: [1, 3] },
  "a slice that ends before it starts is empty": { is: t.slice(row(0, 1, 2), [2], [1]), shape: [0], numbers: [] },
  "an axis that indices replace": {
    is: t.gather(matrix([2, 3], 1, 2, 3, 4, 5, 6), t.constant([2, 0, 1, 1], [2, 2], "int"), 1),
    shape: [2, 2, 2],
    numbers: [3, 1, 2, 2, 6, 4, 5, 5],
  },
  "one element for each index": {
    is: t.gatherElements(matrix([2, 2], 1, 2, 3, 4), t.constant([1, 0], [2, 1], "int"), 1),
    shape: [2, 1],
    numbers: [2, 3],
  },
  "a choice broadcasts its condition and both values": {
    is: t.where(t.constant([1, 0], [2, 1], "bool"), row(1, 2, 3), 9),
    shape: [2, 3],
    numbers: [1, 2, 3, 9, 9, 9],
  },
};

describe("the vocabulary's words mean", () => {
  for (const [meaning, { is, shape, numbers }] of Object.entries(MEANINGS)) {
    it(meaning, () => {
      expect(is.shape).to.deep.equal(shape);
      const { data } = t.constantValue(is)!;
      expect(Array.from(data, (x) => x + 0)).to.deep.equal(numbers);
    });
  }
});
