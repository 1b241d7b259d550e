import { expect } from "chai";
import { Vocabulary, type IrNode } from "@lirpa/core/recording";
import { leaf, OPEN, TWO } from "./primitives/sketch.js";

const t = new Vocabulary();
const x = (...shape: number[]): IrNode => leaf(t, `x${shape.join("x")}`, shape, "float", "none", OPEN);
const ints = (...shape: number[]): IrNode => leaf(t, `i${shape.join("x")}`, shape, "int", "none", OPEN);
const open = leaf(t, "open", [2], "float", "rows", OPEN);
const two = leaf(t, "two", [2], "float", "rows", TWO);
const picked = t.rowsWhere(t.less(x(2), 0), { name: "picked", size: undefined });
const window = { strides: [1], pads: [0, 0], dilations: [1], groups: 1 };

const REFUSED: Readonly<Record<string, () => unknown>> = {
  "sums of shapes that do not broadcast": () => t.add(x(2), x(3)),
  "sums of a float and an integer": () => t.add(x(2), ints(2)),
  "choices between a float and an integer": () => t.where(t.less(x(2), 0), x(2), ints(2)),
  "matrices that do not fit": () => t.matmul(x(2, 3), x(2, 3)),
  "vectors as matrices": () => t.matmul(x(3), x(3, 2)),
  "batches of matrices that do not broadcast": () => t.matmul(x(2, 2, 2), x(3, 2, 2)),
  "a dot of two shapes": () => t.dot(x(2), x(2, 1)),
  "a convolution over other channels": () => t.conv(x(1, 2, 4), x(1, 3, 2), window),
  "a convolution over other axes than its options have": () => t.conv(x(1, 1, 4, 4), x(1, 1, 2, 2), window),
  "a kernel larger than the image": () => t.conv(x(1, 1, 2), x(1, 1, 3), window),
  "a transposed convolution over other channels": () =>
    t.convTranspose(x(1, 2, 4), x(3, 1, 2), { ...window, outputPadding: [0] }),
  "an axis that is not there": () => t.sum(x(2, 2), [2]),
  "a negative axis that is not there": () => t.argMax(x(2, 2), -3),
  "half an axis": () => t.reduceMax(x(2, 2), [0.5]),
  "more of the greatest than there are": () => t.topK(x(3), 4, 0),
  "a reshape to another size": () => t.reshape(x(2, 3), [5]),
  "a permutation of fewer axes": () => t.transpose(x(2, 3), [0]),
  "a permutation with an axis twice": () => t.transpose(x(2, 3), [0, 0]),
  "an expansion that does not fit": () => t.expand(x(2), [3]),
  "an expansion that would move elements": () => t.expand(x(2, 1), [1, 2]),
  "an expansion to fewer axes": () => t.expand(x(1, 2), [2]),
  "a concat of nothing": () => t.concat([], 0),
  "a concat of shapes that do not fit": () => t.concat([x(2, 2), x(3, 3)], 0),
  "a slice from before the start": () => t.slice(x(3), [-1], [2]),
  "a slice past the end": () => t.slice(x(3), [0], [4]),
  "a slice of fewer axes": () => t.slice(x(3, 3), [0], [1]),
  "a slice backwards": () => t.slice(x(3), [2], [0], [-1]),
  "a pad of less than nothing": () => t.pad(x(3), [-1], [0]),
  "a pad of fewer axes": () => t.pad(x(3, 3), [1], [1]),
  "indices of another rank, element by element": () => t.gatherElements(x(2, 3), ints(2), 1),
  "indices that miss elements of other axes": () => t.gatherElements(x(2, 3), ints(1, 1), 1),
  "a gather by indices that differ between rows": () => t.gather(x(3), leaf(t, "i", [2], "int", "rows", OPEN), 0),
  "a gather by indices that differ between instances": () =>
    t.gather(x(3), leaf(t, "i", [2], "int", "instances", OPEN), 0),
  "a constant of another size": () => t.constant([1, 2, 3], [2]),
  "rows of two spaces": () => t.mul(open, two),
  "numbers of fed rows at the places of picked ones": () => t.placeRows(t.zeros([2]), t.sum(two), picked),
  "open rows as an axis": () => t.rowsToShape(open),
  "an axis of another size as rows": () => t.shapeToRows(x(3, 2), TWO),
  "what is no tensor": () => t.neg({} as IrNode),
};

describe("the vocabulary refuses", () => {
  for (const [what, record] of Object.entries(REFUSED)) {
    it(what, () => {
      expect(record).to.throw().with.property("code", "LIRPA_SHAPE");
    });
  }
});
