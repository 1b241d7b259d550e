import { definePlugin, type Plugin } from "@lirpa/core/plugin";
import { and, greater, greaterOrEqual, less, lessOrEqual, not, or } from "./comparisons.js";
import { max, min } from "./extremum.js";
import { greatest, least } from "./extremum-of-two.js";
import { atLeast, atMost } from "./extremum-with-constant.js";
import { mean } from "./mean.js";
import { mod } from "./mod.js";
import { ceil, floor, round } from "./step.js";

/** Extrema, means, rounding, and what shape arithmetic needs. */
const plugin: Plugin = definePlugin({
  name: "@lirpa/plugin-arithmetic",
  apiVersion: 2,
  needs: ["Expand", "Sub"],
  operators: [
    and,
    ceil,
    floor,
    greater,
    greaterOrEqual,
    less,
    lessOrEqual,
    max,
    mean,
    min,
    mod,
    not,
    or,
    round,
    atLeast,
    atMost,
    greatest,
    least,
  ],
});

export default plugin;
