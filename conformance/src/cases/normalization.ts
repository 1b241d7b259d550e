import type { CaseInput } from "../operator/case.js";
import type { OperatorCases } from "../operator/describe.js";
import type { Shape } from "@lirpa/core/plugin";
import { positive, weights } from "./make.js";

const NEAR = { tolerance: 1e-6, singleTolerance: 5e-3 };
/** Exponentials of the whole domain are numbers. */
const moderate = (...shape: Shape): CaseInput => ({ shape, domain: [-30, 30], defined: [-Infinity, Infinity] });
/** Around a mean that is many times their deviation, float32 has no digits of the elements left. */
const aroundMean = (...shape: Shape): CaseInput => ({ shape, domain: [-30, 30], defined: [-1e4, 1e4] });

/** Softmax and its like, and normalizations by mean and deviation. */
export const normalizationCases: OperatorCases = {
  Softmax: [
    { inputs: [moderate(2, 3)], ...NEAR },
    { inputs: [moderate(2, 2, 2)], attributes: { axis: 1 }, opset: 11, ...NEAR },
  ],
  LogSoftmax: [
    { inputs: [moderate(2, 3)], ...NEAR },
    { inputs: [moderate(3, 1)], attributes: { axis: 0 }, ...NEAR },
  ],
  ReduceLogSumExp: [{ inputs: [moderate(2, 3)], attributes: { axes: [1], keepdims: 0 }, ...NEAR }],
  LayerNormalization: [{ inputs: [aroundMean(2, 3), weights(3), weights(3)], attributes: { epsilon: 0.1 }, ...NEAR }],
  RMSNormalization: [{ inputs: [aroundMean(2, 2), weights(2)], attributes: { epsilon: 0.1 }, opset: 23, ...NEAR }],
  InstanceNormalization: [
    { inputs: [aroundMean(1, 2, 3), weights(2), weights(2)], attributes: { epsilon: 0.1 }, ...NEAR },
  ],
  GroupNormalization: [
    {
      inputs: [aroundMean(1, 4, 2), weights(2), positive(2)],
      attributes: { num_groups: 2, epsilon: 0.1 },
      opset: 18,
      ...NEAR,
    },
    {
      inputs: [aroundMean(1, 2, 2), weights(2), weights(2)],
      attributes: { num_groups: 1, epsilon: 0.1 },
      opset: 21,
      ...NEAR,
    },
  ],
};
