import { defineOperator, type Operator } from "@lirpa/core/plugin";
import { poleLines, poleRange } from "./pole.js";

/** 1 / x. An interval around zero has no bounds. */
export const reciprocal: Operator = defineOperator({
  type: "Reciprocal",
  sinceVersion: 6,
  kind: "elementwise",
  inputs: ["X"],
  forward: ({ t }, x) => t.reciprocal(x),
  takesUnbounded: true,
  range: ({ t }, interval) => poleRange(t, interval, -1),
  relax: ({ t }, interval) => poleLines(t, interval, -1),
});
