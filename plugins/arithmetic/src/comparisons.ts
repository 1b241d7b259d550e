import type { Operator } from "@lirpa/core/plugin";
import { onConstants } from "./constants-only.js";

export const greater: Operator = onConstants({ type: "Greater", sinceVersion: 7, inputs: ["A", "B"], forward: ({ t }, a, b) => t.greater(a, b) });
export const greaterOrEqual: Operator = onConstants({ type: "GreaterOrEqual", sinceVersion: 12, inputs: ["A", "B"], forward: ({ t }, a, b) => t.greaterEqual(a, b) });
export const less: Operator = onConstants({ type: "Less", sinceVersion: 7, inputs: ["A", "B"], forward: ({ t }, a, b) => t.less(a, b) });
export const lessOrEqual: Operator = onConstants({ type: "LessOrEqual", sinceVersion: 12, inputs: ["A", "B"], forward: ({ t }, a, b) => t.lessEqual(a, b) });
export const and: Operator = onConstants({ type: "And", sinceVersion: 7, inputs: ["A", "B"], forward: ({ t }, a, b) => t.and(a, b) });
export const or: Operator = onConstants({ type: "Or", sinceVersion: 7, inputs: ["A", "B"], forward: ({ t }, a, b) => t.or(a, b) });
export const not: Operator = onConstants({ type: "Not", sinceVersion: 1, inputs: ["X"], forward: ({ t }, x) => t.not(x) });
