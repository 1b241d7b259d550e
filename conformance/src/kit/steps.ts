import type { BoundOptions } from "@lirpa/core";

/** So many steps, where a method of core takes steps. */
export function steps(iterations: number): Pick<BoundOptions, "methodOptions"> {
  return { methodOptions: { "alpha-crown": { iterations } } };
}
