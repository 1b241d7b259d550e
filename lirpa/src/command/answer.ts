import type { Bounds, NodeExplanation } from "@lirpa/core";

/** Bounds by one method, and of what. The fields are those of `--json`. */
export interface Answer extends Bounds {
  readonly model: string;
  readonly output: string;
  readonly explain?: readonly ExplainedNode[];
}

export interface ExplainedNode extends NodeExplanation {
  /** How the rows that bound the node's elements are held (`dense`, `patches`, `unstable …`), or `none`. */
  readonly representation: string;
}
