import type { IrNode, RowSpace } from "../ir.js";
import { topological } from "../order.js";
import { sizeOf } from "../shapes.js";
import type { Vocabulary } from "../vocabulary.js";
import { PATCH_RULES } from "./patch-rules.js";
import type { Patches } from "./patches.js";

/**
 * Rewrites a recording so that rows of an image's elements are held as patches instead of dense coefficients, wherever
 * they stay patches from the unit rows to the scalars that they end in. Rules never see it: it happens to what they
 * recorded, operation by operation. Rows that meet an operation without a rule here stay dense from the start.
 * @returns the same outputs, and the row spaces that became patches.
 */
export function localizeRows(
  t: Vocabulary,
  outputs: readonly IrNode[],
): { readonly outputs: readonly IrNode[]; readonly localized: readonly RowSpace[] } {
  const spaces = new Set<RowSpace>();
  for (const node of topological(outputs)) if (beginsPatches(node)) spaces.add(node.rows!);
  while (spaces.size > 0) {
    const result = rewritten(t, outputs, spaces);
    if ("outputs" in result) return { outputs: result.outputs, localized: [...spaces] };
    spaces.delete(result.failed);
  }
  return { outputs, localized: [] };
}

/** Unit rows of an image of one batch row; smaller ones gain nothing. */
function beginsPatches({ primitive, shape }: IrNode): boolean {
  if (PATCH_RULES[primitive.name].begin === undefined) return false;
  return shape.length >= 3 && shape[0] === 1 && sizeOf(shape.slice(2)) > 1;
}

/** The outputs with the rows of some spaces as patches, or the space whose rows met an operation that has no rule. */
function rewritten(
  t: Vocabulary,
  outputs: readonly IrNode[],
  spaces: ReadonlySet<RowSpace>,
): { readonly outputs: readonly IrNode[] } | { readonly failed: RowSpace } {
  const nodes = new Map<IrNode, IrNode>();
  const patches = new Map<IrNode, Patches>();
  const context = { t, nodes, patches };
  for (const node of topological(outputs)) {
    const rule = PATCH_RULES[node.primitive.name];
    const local = node.inputs.map((input) => patches.get(input)).find((one) => one !== undefined);
    if (beginsPatches(node) && spaces.has(node.rows!)) {
      patches.set(node, rule.begin!(context, node));
    } else if (local === undefined) {
      nodes.set(
        node,
        t.recordAgain(
          node,
          node.inputs.map((input) => nodes.get(input)!),
        ),
      );
    } else {
      const result = rule.carry?.(context, node, local);
      if (result === undefined) return { failed: local.rows };
      if ("patches" in result) patches.set(node, result.patches);
      else nodes.set(node, result.node);
    }
  }
  return { outputs: outputs.map((output) => nodes.get(output)!) };
}
