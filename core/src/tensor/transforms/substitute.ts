import { shapeError } from "../../plugin/errors.js";
import type { IrNode } from "../ir.js";
import { topological } from "../order.js";
import { showShape } from "../shapes.js";
import type { Vocabulary } from "../vocabulary.js";

/**
 * The nodes recorded again with others in place of some that they rely on: a parameter's node by one that is computed,
 * say. What stands in is taken as it is, though it may rely on what it replaces. It must have the shape, dtype and
 * hidden axes of that: sums over instances or rows count what they counted. Rows may be of another space, of a fixed
 * number say. Throws `LIRPA_SHAPE` where it does not fit.
 */
export function substitute(t: Vocabulary, nodes: readonly IrNode[], instead: ReadonlyMap<IrNode, IrNode>): IrNode[] {
  for (const [node, standIn] of instead) demandAlike(node, standIn);
  const done = new Map<IrNode, IrNode>(instead);
  for (const node of topological(nodes)) {
    if (!done.has(node))
      done.set(
        node,
        t.recordAgain(
          node,
          node.inputs.map((input) => done.get(input)!),
        ),
      );
  }
  return nodes.map((node) => done.get(node)!);
}

function demandAlike(node: IrNode, standIn: IrNode): void {
  const [wanted, given] = [kindOf(node), kindOf(standIn)];
  if (wanted === given) return;
  throw shapeError(`${given} cannot stand in for ${wanted}`, {
    hint: "expand() gives it the shape; spread() the instances and rows of another node.",
  });
}

function kindOf({ shape, dtype, instances, rows }: IrNode): string {
  const axes = [...(instances ? ["instances"] : []), ...(rows === undefined ? [] : ["rows"])];
  return `a ${dtype} ${showShape(shape)}${axes.length === 0 ? "" : ` with ${axes.join(" and ")}`}`;
}
