import { tensor } from "../kit/numbers.js";
import type { OperatorCases } from "../operator/describe.js";
import { ints } from "./make.js";

const factors = (...values: number[]) => tensor([values.length], values);

/** Pooling and resizing. */
export const poolingCases: OperatorCases = {
  AveragePool: [
    { inputs: [[1, 2, 3, 3]], attributes: { kernel_shape: [2, 2] } },
    {
      inputs: [[1, 1, 4, 3]],
      attributes: { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 1, 1], count_include_pad: 1 },
    },
    { inputs: [[1, 1, 5]], attributes: { kernel_shape: [2], strides: [2], ceil_mode: 1 } },
    { inputs: [[1, 1, 5]], attributes: { kernel_shape: [3], auto_pad: "SAME_LOWER" }, opset: 11 },
  ],
  GlobalAveragePool: [{ inputs: [[2, 2, 2, 2]] }, { inputs: [[1, 2, 3]] }],
  GlobalMaxPool: [{ inputs: [[1, 2, 2, 2]] }],
  MaxPool: [
    { inputs: [[1, 2, 3, 2]], attributes: { kernel_shape: [2, 2] } },
    { inputs: [[1, 1, 4, 3]], attributes: { kernel_shape: [2, 2], strides: [2, 1], pads: [1, 0, 0, 1] } },
    { inputs: [[1, 1, 5]], attributes: { kernel_shape: [2], dilations: [2] } },
    { inputs: [[1, 1, 5]], attributes: { kernel_shape: [3], strides: [3], ceil_mode: 1 }, opset: 10 },
  ],
  Resize: [
    {
      inputs: [[1, 1, 2, 2], undefined, factors(1, 1, 2, 1.5)],
      attributes: { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" },
    },
    {
      inputs: [[1, 1, 3], undefined, undefined, ints(1, 1, 5)],
      attributes: { mode: "linear", coordinate_transformation_mode: "align_corners" },
    },
    { inputs: [[1, 1, 4], factors(1, 1, 0.5)], opset: 10 },
  ],
  Upsample: [
    { inputs: [[1, 1, 2, 2], factors(1, 1, 2, 2)], opset: 9 },
    { inputs: [[1, 1, 2, 2]], attributes: { scales: [1, 1, 1, 2], mode: "linear" }, opset: 7 },
  ],
};
