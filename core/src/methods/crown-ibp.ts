import { boundsByBackward } from "../bounds/passes/backward.js";
import { intervalBounds } from "../bounds/passes/intermediate.js";
import { defineMethod, type Method } from "./method.js";
import { recorded } from "./recorded.js";

/** Intermediate bounds by interval arithmetic, the last one by CROWN (Zhang et al. 2020, "CROWN-IBP"). */
export const crownIbp: Method = defineMethod({
  name: "crown-ibp",
  description: "intermediate bounds by interval arithmetic, the last one backward",
  needs: "backward",
  ...recorded("crown-ibp", { intermediate: intervalBounds, rows: boundsByBackward }),
});
