import type { OperatorCases } from "../operator/describe.js";
import { activationCases } from "./activation.js";
import { convolutionCases } from "./convolution.js";
import { linearCases } from "./linear.js";
import { poolingCases } from "./pooling.js";
import { shapeCases } from "./shape.js";

/** Cases of ONNX's own operators, by type: for whoever provides them. */
export const standardCases: OperatorCases = Object.freeze({ ...linearCases, ...convolutionCases, ...poolingCases, ...activationCases, ...shapeCases });
