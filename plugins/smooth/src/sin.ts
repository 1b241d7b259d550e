import { defineOperator, type Operator } from "@lirpa/core/plugin";
import { waveLines, waveRange } from "./wave.js";

const PEAK = Math.PI / 2;

/** sin x = cos(x − π / 2) */
export const sin: Operator = defineOperator({
  type: "Sin",
  sinceVersion: 7,
  kind: "elementwise",
  inputs: ["input"],
  forward: ({ t }, x) => t.sin(x),
  range: ({ t }, interval) => waveRange(t, interval, (x) => t.sin(x), PEAK),
  relax: ({ t }, interval) => waveLines(t, interval, PEAK),
});
