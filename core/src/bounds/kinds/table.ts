import type { ResolvedNode } from "../../graph/resolved.js";
import { bilinearRules } from "./bilinear.js";
import { customRules } from "./custom.js";
import { elementwiseRules } from "./elementwise.js";
import type { KindRules } from "../kind-rules.js";
import type { BoundRun } from "../run.js";
import { linearRules } from "./linear.js";

const KINDS: Readonly<Record<ResolvedNode["operator"]["kind"], KindRules>> = {
  linear: linearRules,
  elementwise: elementwiseRules,
  bilinear: bilinearRules,
  custom: customRules,
};

/** What core derives for a node from its operator's kind. */
export function rulesOf(node: ResolvedNode): KindRules {
  return KINDS[node.operator.kind];
}

/** True where a node is affine in what is perturbed. */
export function isAffine(run: BoundRun, node: ResolvedNode): boolean {
  return rulesOf(node).isAffine(run, node);
}
