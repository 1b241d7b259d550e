import { LirpaError } from "./errors.js";
import type { Shape } from "./tensor.js";

/** Numbers in the largest array that a rule may make by itself: 512 MiB in float64. */
const MOST_NUMBERS = 2 ** 26;

/**
 * The number of elements of an array that a rule is about to make while it records. Throws `LIRPA_MEMORY` before
 * anything is allocated where it is no number, or more than any model needs: sizes come from files.
 */
export function hostSize(shape: Shape, what: string): number {
  const size = shape.reduce((product, axis) => product * axis, 1);
  if (size >= 0 && size <= MOST_NUMBERS) return size;
  throw new LirpaError(
    "LIRPA_MEMORY",
    `${what} takes ${size} numbers; at most ${MOST_NUMBERS} are made while recording`,
    {
      hint: "The model's sizes are damaged, or it is too large to bound.",
    },
  );
}
