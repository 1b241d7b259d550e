import { boundsByBackward } from "../bounds/passes/backward.js";
import { defineMethod, type Method } from "./method.js";

/** Intermediate bounds by forward mode, the last one by CROWN. */
export const forwardCrown: Method = defineMethod({
  name: "forward+crown",
  aliases: ["forward+backward"],
  description: "intermediate bounds carried forward, the last one backward",
  intermediate: "forward",
  rows: (run, target, boundsOf) => boundsByBackward(run, target, boundsOf),
});
