import type { Bounds, NodeExplanation } from "@lirpa/core";

/** Bounds by one method, and of what. The fields are those of `--json`: nobody starts anew from a text. */
export interface Answer extends Omit<Bounds, "state"> {
  readonly model: string;
  readonly output: string;
  readonly explain?: readonly ExplainedNode[];
}

/**
 * `representation` is how the rows that bound the node's elements were held (`dense`, `patches`, `unstable …`), or
 * `none`.
 */
export type ExplainedNode = Omit<NodeExplanation, "rows"> & { readonly representation: string };
