import { tensor } from "../kit/numbers.js";
import type { OperatorCases } from "../operator/describe.js";
import { bools, ints, weights } from "./make.js";

const STEPS = [-1.5, -1, -0.5, 0, 0.5, 1, 1.5];

/** Extrema, means, steps, and what shape arithmetic needs. */
export const arithmeticCases: OperatorCases = {
  And: [{ inputs: [bools([2], 1, 0), bools([2], 1, 1)] }],
  Or: [{ inputs: [bools([2], 1, 0), bools([2], 0, 0)] }],
  Not: [{ inputs: [bools([2], 1, 0)] }],
  Greater: [{ inputs: [ints(1, 2), ints(1, 1)] }],
  GreaterOrEqual: [{ inputs: [ints(1, 2), ints(1, 3)] }],
  Less: [{ inputs: [ints(1, 2), ints(2, 2)] }],
  LessOrEqual: [{ inputs: [ints(1, 2), ints(1, 1)] }],
  Mod: [
    { inputs: [ints(5, -5), ints(3, 3)] },
    { inputs: [tensor([2], [2.5, -2.5]), tensor([1], [1])], attributes: { fmod: 1 } },
  ],
  Max: [
    { inputs: [[2, 2], [2]], points: [-1, 0, 1] },
    { inputs: [[3], weights(3)], points: [...weights(3).data] },
    { inputs: [[2], [2], [1]] },
    { inputs: [[2]] },
  ],
  Min: [
    { inputs: [[2, 2], [2]], points: [-1, 0, 1] },
    { inputs: [[3], weights(3)], points: [...weights(3).data] },
    { inputs: [[2]] },
  ],
  Mean: [{ inputs: [[2, 2], [2], weights(2, 1)] }],
  Ceil: [{ inputs: [[3]], points: STEPS }],
  Floor: [{ inputs: [[3]], points: STEPS }],
  Round: [{ inputs: [[3]], points: STEPS }],
};
