import { definePlugin, type Plugin } from "@lirpa/core/plugin";
import { concat } from "./concat.js";
import { constant } from "./constant.js";
import { constantOfShape } from "./constant-of-shape.js";
import { cumSum } from "./cumsum.js";
import { depthToSpace, spaceToDepth } from "./depth-space.js";
import { equal } from "./equal.js";
import { expand } from "./expand.js";
import { flatten } from "./flatten.js";
import { gather } from "./gather.js";
import { gatherElements } from "./gather-elements.js";
import { identity } from "./identity.js";
import { pad } from "./pad.js";
import { range } from "./range.js";
import { reshape } from "./reshape.js";
import { shape } from "./shape.js";
import { size } from "./size.js";
import { slice } from "./slice.js";
import { split } from "./split.js";
import { squeeze } from "./squeeze.js";
import { tile } from "./tile.js";
import { transpose } from "./transpose.js";
import { unsqueeze } from "./unsqueeze.js";
import { where } from "./where.js";

/** Operators that move, cut and join, and the constants and shape arithmetic around them. */
const plugin: Plugin = definePlugin({
  name: "@lirpa/plugin-shape",
  apiVersion: 2,
  operators: [
    concat,
    constant,
    constantOfShape,
    cumSum,
    depthToSpace,
    equal,
    expand,
    flatten,
    gather,
    gatherElements,
    identity,
    pad,
    range,
    reshape,
    shape,
    size,
    slice,
    spaceToDepth,
    split,
    squeeze,
    tile,
    transpose,
    unsqueeze,
    where,
  ],
});

export default plugin;
