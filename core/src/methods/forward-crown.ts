import { boundsByBackward } from "../bounds/passes/backward.js";
import { forwardBounds } from "../bounds/passes/intermediate.js";
import { defineMethod, type Method } from "./method.js";
import { recorded } from "./recorded.js";

/** Intermediate bounds by forward mode, the last one by CROWN. */
export const forwardCrown: Method = defineMethod({
  name: "forward+crown",
  aliases: ["forward+backward"],
  description: "intermediate bounds carried forward, the last one backward",
  needs: "forward",
  ...recorded("forward+crown", { intermediate: forwardBounds, rows: boundsByBackward }),
});
