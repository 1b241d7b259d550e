import type { Bounds, NodeExplanation } from "@lirpa/core";

/** Bounds by one method, and of what. The fields are those of `--json`. */
export interface Answer extends Bounds {
  readonly model: string;
  readonly output: string;
  readonly explain?: readonly ExplainedNode[];
}

export interface ExplainedNode extends NodeExplanation {
  /** How the coefficients of linear bounds are held at this node. */
  readonly representation: "dense";
}
