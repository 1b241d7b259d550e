import type { Side } from "../../plugin/pair.js";
import type { Value } from "../../graph/resolved.js";

/** The names of a step's ports besides those of the problem. */
export const stepNames = {
  /** The best bounds so far: of the rows, and of an intermediate value. */
  best: (side: Side): string => `best:${side}`,
  bestOf: (value: Value, side: Side): string => `best:${value.name}:${side}`,
  /** The free values of one pass: of a target, by its label, and a side. */
  variable: (label: string, side: Side): string => `free:${label}:${side}`,
} as const;
