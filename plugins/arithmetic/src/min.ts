import type { Operator } from "@lirpa/core/plugin";
import { extremumOperator } from "./extremum.js";
import { minimum } from "./kinds-of-extremum.js";

/** The least of one or more operands, with broadcasting: min(a, b) = b − relu(b − a). */
export const min: Operator = extremumOperator(minimum);
