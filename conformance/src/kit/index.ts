/** For tests of operators beside the laws: models of one node, and rules on numbers. */
export { callsOf, numbersOf, type Call, type Calls, type OfKind, type Prepared } from "./calls.js";
export { itHoldsForEveryChoice, situations, type Situation } from "./free-choices.js";
export { itHoldsItsValues, type Range } from "./holds-values.js";
export { isNear, sizeOf, tensor } from "./numbers.js";
export { modelOf, modelOfNodes, refusal, valueOf, type OneNode, type Operand } from "./one-node.js";
export { randomFrom } from "./random.js";
export { reals } from "./reals.js";
export { ints, ones, scalar } from "../cases/make.js";
