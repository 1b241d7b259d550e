import { CONTRACTION } from "./contraction-cases.js";
import { ELEMENTWISE } from "./elementwise-cases.js";
import { HIDDEN_AXES, LEAVES } from "./hidden-cases.js";
import { INDEXING } from "./indexing-cases.js";
import { REDUCTION } from "./reduction-cases.js";
import { PICKED_ROWS } from "./row-cases.js";
import { SHAPE } from "./shape-cases.js";
import type { PrimitiveCase } from "./sketch.js";

/** All cases of primitives. */
export const FAMILIES: Readonly<Record<string, readonly PrimitiveCase[]>> = {
  leaves: LEAVES,
  elementwise: ELEMENTWISE,
  contraction: CONTRACTION,
  reduction: REDUCTION,
  shape: SHAPE,
  indexing: INDEXING,
  "hidden axes": HIDDEN_AXES,
  "picked rows": PICKED_ROWS,
};
