import type { OperatorCase } from "../operator/case.js";
import type { OperatorCases } from "../operator/describe.js";
import { ints, weights } from "./make.js";

/** By attribute, by input, over all axes. */
const sums: readonly OperatorCase[] = [
  { inputs: [[2, 3], ints(1)] },
  { inputs: [[2, 2, 2], ints(0, -1)], attributes: { keepdims: 0 } },
  { inputs: [[2, 2]] },
];
const others: readonly OperatorCase[] = [
  { inputs: [[2, 3]], attributes: { axes: [1] } },
  { inputs: [[2, 3], ints(0)], attributes: { keepdims: 0 }, opset: 18 },
];
const loosened = (tolerance: number): readonly OperatorCase[] =>
  others.map((example) => ({ ...example, tolerance, singleTolerance: 2e-3 }));

/** Reductions over axes. */
export const reductionCases: OperatorCases = {
  ArgMax: [{ inputs: [weights(2, 3)], attributes: { axis: 1 } }],
  ArgMin: [{ inputs: [weights(2, 3)], attributes: { axis: -1, keepdims: 0 } }],
  ReduceL1: others,
  ReduceL2: loosened(1e-7),
  ReduceLogSum: [
    {
      inputs: [{ shape: [2, 2], center: [2, 4], radius: 1, domain: [0.125, 1e4] }],
      attributes: { axes: [1] },
      tolerance: 1e-7,
    },
  ],
  ReduceMax: [...others, { inputs: [[2, 1]], attributes: { axes: [1] } }],
  ReduceMean: others,
  ReduceMin: others,
  ReduceProd: [{ inputs: [ints(2, 3)] }],
  ReduceSum: sums,
  ReduceSumSquare: others,
};
