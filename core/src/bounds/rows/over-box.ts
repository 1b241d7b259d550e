import type { Pair, Side } from "../../plugin/pair.js";
import type { IrNode } from "../../tensor/ir.js";
import type { BoundRun } from "../run.js";
import { dotBounds } from "../unbounded.js";

/** The extreme of a linear form over a box: each element at the end that its coefficient asks for. */
export function overBox(run: BoundRun, pair: Pair<IrNode>, { lower, upper }: Pair<IrNode>): Pair<IrNode> {
  const { t } = run;
  const end = (a: IrNode, same: IrNode, other: IrNode, side: Side): IrNode => {
    const dot = (part: IrNode, ends: IrNode): IrNode =>
      run.unbounded ? dotBounds(t, part, ends, side) : t.dot(part, ends);
    return t.add(dot(t.relu(a), same), dot(t.min(a, 0), other));
  };
  return { lower: end(pair.lower, lower, upper, "lower"), upper: end(pair.upper, upper, lower, "upper") };
}
