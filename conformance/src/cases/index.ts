import type { OperatorCases } from "../operator/describe.js";
import { activationCases } from "./activation.js";
import { arithmeticCases } from "./arithmetic.js";
import { convolutionCases } from "./convolution.js";
import { linearCases } from "./linear.js";
import { normalizationCases } from "./normalization.js";
import { poolingCases } from "./pooling.js";
import { reductionCases } from "./reduction.js";
import { shapeCases } from "./shape.js";
import { smoothCases } from "./smooth.js";

/** Cases of ONNX's own operators, by type: for whoever provides them. */
export const standardCases: OperatorCases = Object.freeze({
  ...linearCases,
  ...convolutionCases,
  ...poolingCases,
  ...activationCases,
  ...shapeCases,
  ...smoothCases,
  ...arithmeticCases,
  ...reductionCases,
  ...normalizationCases,
});
