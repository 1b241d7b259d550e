import type { Operator } from "@lirpa/core/plugin";
import { extremumOperator } from "./extremum.js";
import { maximum } from "./kinds-of-extremum.js";

/** The greatest of one or more operands, with broadcasting: max(a, b) = b + relu(a − b). */
export const max: Operator = extremumOperator(maximum);
