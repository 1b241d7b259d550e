import type { NamedLines } from "../../plugin/operator.js";

/**
 * McCormick's planes around a product, by the share of the first plane of each pair: that of a corner alone, or both in
 * equal parts.
 */
export const PRODUCT_LINES: NamedLines<number> = Object.freeze({
  lines: Object.freeze({ corner: 1, middle: 0.5 }),
  default: "corner",
});
