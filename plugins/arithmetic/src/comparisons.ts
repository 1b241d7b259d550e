import { defineOperator, onlyConstants, type Operator } from "@lirpa/core/plugin";
import { ofTwoConstants } from "./constants-only.js";

export const greater: Operator = ofTwoConstants("Greater", 7, (t, a, b) => t.greater(a, b));
export const greaterOrEqual: Operator = ofTwoConstants("GreaterOrEqual", 12, (t, a, b) => t.greaterEqual(a, b));
export const less: Operator = ofTwoConstants("Less", 7, (t, a, b) => t.less(a, b));
export const lessOrEqual: Operator = ofTwoConstants("LessOrEqual", 12, (t, a, b) => t.lessEqual(a, b));
export const and: Operator = ofTwoConstants("And", 7, (t, a, b) => t.and(a, b));
export const or: Operator = ofTwoConstants("Or", 7, (t, a, b) => t.or(a, b));

export const not: Operator = defineOperator({
  type: "Not",
  sinceVersion: 1,
  kind: "linear",
  inputs: ["X"],
  data: [],
  nonnegative: true,
  derive: (_, context) => {
    onlyConstants(context, "Not");
    return {};
  },
  forward: ({ t }, x) => t.not(x),
});
