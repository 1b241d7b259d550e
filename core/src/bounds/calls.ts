import { LirpaError } from "../plugin/errors.js";
import type { RuleContext } from "../plugin/operator.js";
import type { Tensor } from "../plugin/tensor.js";
import type { ResolvedNode } from "../graph/resolved.js";
import { isIrNode, type IrNode } from "../tensor/ir.js";

/** Runs a node's forward rule on the given inputs. */
export function outputsOf(
  node: ResolvedNode,
  context: RuleContext<unknown>,
  inputs: readonly (IrNode | undefined)[],
): IrNode[] {
  return asNodes(node, node.operator.forward(context, ...(inputs as [Tensor, ...(Tensor | undefined)[]])));
}

/** What a rule returned, as a list of recorded tensors. */
export function asNodes(node: ResolvedNode, result: Tensor | readonly Tensor[]): IrNode[] {
  const list: readonly unknown[] = Array.isArray(result) ? result : [result];
  return list.map((tensor) => {
    if (isIrNode(tensor)) return tensor;
    const problem = `[${node.plugin}] a rule of ${node.type} returned no tensor (node ${node.name})`;
    throw new LirpaError("LIRPA_PLUGIN", problem);
  });
}
