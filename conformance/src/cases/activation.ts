import { tensor } from "../kit/numbers.js";
import type { OperatorCases } from "../operator/describe.js";
import { scalar, weights } from "./make.js";

const BEND = [0];

/** Piecewise linear functions. */
export const activationCases: OperatorCases = {
  Relu: [{ inputs: [[2, 2]], points: BEND }],
  Abs: [{ inputs: [[3]], points: BEND }],
  Sign: [{ inputs: [[3]], points: BEND }],
  LeakyRelu: [
    { inputs: [[3]], points: BEND },
    { inputs: [[2]], attributes: { alpha: 2.5 }, points: BEND },
    { inputs: [[2]], attributes: { alpha: -0.5 }, points: BEND },
    { inputs: [[2]], attributes: { alpha: 0 }, points: BEND },
    { inputs: [[2]], attributes: { alpha: 1 }, points: BEND },
  ],
  PRelu: [
    { inputs: [[1, 6, 1], tensor([6, 1], [0.25, 2, -1, 1, 0, -3])], points: BEND },
    { inputs: [[2, 2], weights(2)], points: BEND },
  ],
  Clip: [
    { inputs: [[3], scalar(-0.5), scalar(1)], points: [-0.5, 1] },
    { inputs: [[2], undefined, scalar(0.5)], points: [0.5] },
    { inputs: [[2], scalar(-0.25)], points: [-0.25] },
    { inputs: [[3]], attributes: { min: 0, max: 1.5 }, opset: 10, points: [0, 1.5] },
    { inputs: [[2], scalar(2), scalar(-1)], points: [-1, 2] },
  ],
  HardSigmoid: [
    { inputs: [[3]], points: [-2.5, 2.5] },
    { inputs: [[2]], attributes: { alpha: -1, beta: 0.25 }, points: [0.25, -0.75] },
    { inputs: [[2]], attributes: { alpha: 0, beta: 0.75 } },
  ],
};
