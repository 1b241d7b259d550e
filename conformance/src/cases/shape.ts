import { tensor } from "../kit/numbers.js";
import type { OperatorCases } from "../operator/describe.js";
import { bools, ints, scalar, weights } from "./make.js";

/** Operators that move, cut and join, and shape arithmetic. */
export const shapeCases: OperatorCases = {
  Concat: [
    {
      inputs: [
        [2, 1],
        [2, 2],
      ],
      attributes: { axis: 1 },
    },
    { inputs: [[2], weights(1), { same: 0 }], attributes: { axis: -1 } },
  ],
  Constant: [
    { inputs: [], attributes: { value: weights(2, 2) } },
    { inputs: [], attributes: { value_ints: [1, 2] } },
  ],
  ConstantOfShape: [{ inputs: [ints(2, 3)] }, { inputs: [ints(2)], attributes: { value: tensor([1], [3], "int") } }],
  CumSum: [
    { inputs: [[2, 3], scalar(1, "int")] },
    { inputs: [[3], scalar(0, "int")], attributes: { exclusive: 1, reverse: 1 } },
  ],
  DepthToSpace: [
    { inputs: [[1, 4, 1, 2]], attributes: { blocksize: 2 } },
    { inputs: [[1, 8, 1, 1]], attributes: { blocksize: 2, mode: "CRD" } },
  ],
  Equal: [{ inputs: [ints(1, 2), ints(1, 3)] }],
  Expand: [{ inputs: [[2, 1], ints(3, 1, 2)] }],
  Flatten: [{ inputs: [[2, 1, 3]] }, { inputs: [[2, 2, 2]], attributes: { axis: -1 } }],
  Gather: [{ inputs: [[3, 2], ints(2, 0, -1)] }, { inputs: [[2, 3], scalar(1, "int")], attributes: { axis: 1 } }],
  GatherElements: [{ inputs: [[3, 2], tensor([2, 2], [0, -1, 2, 1], "int")] }],
  Identity: [{ inputs: [[2, 2]] }],
  Pad: [
    { inputs: [[2, 2], ints(0, 1, 1, 0), scalar(-1.5)] },
    { inputs: [[3], ints(2, 1)], attributes: { mode: "reflect" } },
    { inputs: [[3, 2], ints(-1, 0, 1, 0)], attributes: { mode: "edge" } },
    { inputs: [[2, 3], ints(1, 2, 0, 4)], attributes: { mode: "wrap" }, opset: 19 },
    { inputs: [[2]], attributes: { pads: [1, 0], value: 2 }, opset: 10 },
    { inputs: [[2, 2], ints(1, 1), undefined, ints(1)], opset: 18 },
  ],
  Range: [{ inputs: [scalar(0, "int"), scalar(5, "int"), scalar(2, "int")] }],
  Reshape: [{ inputs: [[2, 3], ints(3, -1)] }, { inputs: [[2, 2], ints(0, 1, 2)] }],
  Shape: [{ inputs: [[2, 3]] }, { inputs: [[2, 3, 4]], attributes: { start: 1 } }],
  Size: [{ inputs: [[2, 3]] }],
  Slice: [
    { inputs: [[3, 2], ints(1), ints(9), ints(0)] },
    { inputs: [[4], ints(-1), ints(-9), ints(0), ints(-2)] },
    { inputs: [[3, 2]], attributes: { starts: [0, 1], ends: [2, 2] }, opset: 9 },
  ],
  SpaceToDepth: [{ inputs: [[1, 1, 2, 4]], attributes: { blocksize: 2 } }],
  Split: [
    { inputs: [[3, 2], ints(1, 2)], outputs: 2 },
    { inputs: [[2, 4]], attributes: { axis: 1 }, outputs: 2 },
    { inputs: [[3]], attributes: { num_outputs: 2 }, outputs: 2, opset: 18 },
    { inputs: [[3]], attributes: { split: [2, 1] }, outputs: 2, opset: 11 },
  ],
  Squeeze: [
    { inputs: [[2, 1, 1], ints(1)] },
    { inputs: [[1, 2, 1]] },
    { inputs: [[1, 2]], attributes: { axes: [0] }, opset: 11 },
  ],
  Tile: [{ inputs: [[2, 1], ints(2, 3)] }],
  Transpose: [{ inputs: [[2, 3]] }, { inputs: [[2, 1, 3]], attributes: { perm: [1, 2, 0] } }],
  Unsqueeze: [{ inputs: [[2, 2], ints(0, -1)] }, { inputs: [[2]], attributes: { axes: [1] }, opset: 11 }],
  Where: [{ inputs: [bools([2], 1, 0), [2, 2], [2]] }, { inputs: [bools([2, 1], 0, 1), [2], weights(2, 2)] }],
};
