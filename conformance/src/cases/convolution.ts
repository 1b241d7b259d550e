import type { OperatorCases } from "../operator/describe.js";
import { weights } from "./make.js";

/** Convolutions over one to three axes. */
export const convolutionCases: OperatorCases = {
  Conv: [
    { inputs: [[1, 2, 3, 3], weights(2, 2, 2, 2), weights(2)] },
    { inputs: [[1, 2, 4, 3], weights(2, 1, 3, 2)], attributes: { group: 2, strides: [2, 1], pads: [1, 0, 1, 1] } },
    { inputs: [[2, 1, 5], weights(2, 1, 2), weights(2)], attributes: { dilations: [2] } },
    { inputs: [[1, 1, 5], weights(1, 1, 2)], attributes: { strides: [2], auto_pad: "SAME_UPPER" } },
    { inputs: [[1, 1, 2, 2, 2], weights(1, 1, 2, 1, 2)] },
    { inputs: [[1, 1, 2, 2], [1, 1, 2, 1], weights(1)] },
  ],
  ConvTranspose: [
    { inputs: [[1, 2, 2, 2], weights(2, 1, 2, 2), weights(1)] },
    {
      inputs: [[1, 2, 2, 2], weights(2, 1, 3, 2)],
      attributes: { group: 2, strides: [2, 1], pads: [1, 0, 0, 1], output_padding: [1, 0] },
    },
    { inputs: [[1, 1, 3], weights(1, 2, 2)], attributes: { dilations: [2] } },
    {
      inputs: [
        [1, 1, 2],
        [1, 1, 2],
      ],
    },
  ],
};
