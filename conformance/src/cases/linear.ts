import type { OperatorCases } from "../operator/describe.js";
import { scalar, positive, weights } from "./make.js";

/** Dividends of either sign and zero above a pole. */
const QUOTIENTS = [
  [0, 0],
  [1, 0],
  [-1, 0],
  [30, 0],
];

/** Affine operators and products. */
export const linearCases: OperatorCases = {
  Add: [{ inputs: [[2, 1], [3]] }, { inputs: [[2, 2], weights(2, 2)] }, { inputs: [[3], { same: 0 }] }],
  Sub: [{ inputs: [[2, 1], [3]] }, { inputs: [weights(2), [3, 2]] }, { inputs: [[2, 2], weights(1, 2)] }],
  Neg: [{ inputs: [[2, 2]] }],
  Sum: [{ inputs: [[2, 1], [3], scalar(0.5)] }, { inputs: [[2, 2], [2], weights(1, 2)] }, { inputs: [[3]] }],
  Mul: [
    { inputs: [[2, 1], [3]], points: [-1, 0, 1] },
    { inputs: [scalar(-1.5), [2]] },
    { inputs: [[2, 2], weights(2)] },
    { inputs: [weights(2, 1), [2]] },
    { inputs: [[3], { same: 0 }], points: [0] },
  ],
  Div: [
    { inputs: [[2, 3], weights(3)] },
    {
      inputs: [[2], { shape: [2, 2], center: [2, 4], radius: 1, domain: [0.25, 1e4] }],
      tuples: QUOTIENTS,
      tolerance: 1e-7,
    },
    {
      inputs: [weights(3), { shape: [3], center: [2, 4], radius: 1, domain: [0.25, 1e4] }],
      points: [0],
      tolerance: 1e-7,
    },
  ],
  MatMul: [
    { inputs: [[2, 3], weights(3, 2)] },
    { inputs: [weights(2, 3), [3, 2]] },
    {
      inputs: [
        [2, 2],
        [2, 2],
      ],
    },
    { inputs: [[2, 1, 2], weights(2)] },
    { inputs: [[2], weights(3, 2, 2)] },
    {
      inputs: [
        [2, 1, 1, 2],
        [2, 2, 1],
      ],
    },
    { inputs: [[2], [2]] },
  ],
  Gemm: [
    { inputs: [[2, 3], weights(3, 2), weights(2)] },
    { inputs: [[3, 2], weights(2, 3), weights(2, 2)], attributes: { transA: 1, transB: 1 } },
    { inputs: [[2, 3], weights(3, 2), weights(2)], attributes: { alpha: -0.5, beta: 2 } },
    { inputs: [[1, 2], [2, 2], [2]] },
    {
      inputs: [
        [2, 1],
        [2, 2],
      ],
      attributes: { transA: 1, transB: 1 },
    },
  ],
  BatchNormalization: [
    { inputs: [[2, 3], weights(3), weights(3), weights(3), positive(3)] },
    { inputs: [[1, 2, 2, 2], weights(2), weights(2), weights(2), positive(2)], attributes: { epsilon: 0.01 } },
  ],
  Dropout: [{ inputs: [[3]] }, { inputs: [[3], scalar(0.3), scalar(0, "bool")] }],
  Cast: [
    { inputs: [[2, 2]], attributes: { to: 1 } },
    { inputs: [weights(3)], attributes: { to: 7 } },
  ],
};
