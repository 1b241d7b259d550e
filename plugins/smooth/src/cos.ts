import { defineOperator, type Operator } from "@lirpa/core/plugin";
import { waveLines, waveRange } from "./wave.js";

/** cos x, with a peak at 0. */
export const cos: Operator = defineOperator({
  type: "Cos",
  sinceVersion: 7,
  kind: "elementwise",
  inputs: ["input"],
  forward: ({ t }, x) => t.cos(x),
  range: ({ t }, interval) => waveRange(t, interval, (x) => t.cos(x), 0),
  relax: ({ t }, interval) => waveLines(t, interval, 0),
});
