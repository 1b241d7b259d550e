import type { ElementwiseOperator } from "../../plugin/operator.js";
import type { Pair } from "../../plugin/pair.js";
import { inputsOf } from "../../graph/order.js";
import { contextOf, type ResolvedGraph, type ResolvedNode, type Value } from "../../graph/resolved.js";
import type { IrNode } from "../../tensor/ir.js";
import type { BoundRun } from "../run.js";
import { intervalOf } from "./interval.js";
import { isAffine } from "../kinds/table.js";

/**
 * Where interval arithmetic alone shows that every operator which reads the value is one line there, the interval is
 * all that is needed, and a linear form's bound may be looser. Elsewhere the linear form's bounds stand.
 */
export function stableOr(run: BoundRun, value: Value, bounds: Pair<IrNode>): Pair<IrNode> {
  const interval = intervalOf(run, value);
  const stable = stableWhere(run, value, interval);
  if (stable === undefined) return bounds;
  const { t } = run;
  return { lower: t.where(stable, interval.lower, bounds.lower), upper: t.where(stable, interval.upper, bounds.upper) };
}

/** Where every operator that reads a value is one line on the interval; undefined where one of them cannot say. */
export function stableWhere(run: BoundRun, value: Value, interval: Pair<IrNode>): IrNode | undefined {
  const { t } = run;
  let all: IrNode | undefined;
  for (const node of readersOf(run, value)) {
    if (isAffine(run, node)) continue;
    const operator = node.operator as ElementwiseOperator<unknown>;
    if (operator.kind !== "elementwise" || operator.stable === undefined) return undefined;
    const parameters = node.inputs.slice(1).map((input) => (input === undefined ? undefined : run.exact(input)));
    const stable = t.node(operator.stable(contextOf(node, t), interval, ...parameters));
    all = all === undefined ? stable : t.and(all, stable);
  }
  return all;
}

/** Under which a run keeps who reads each value. */
const READERS = Object.freeze({ name: "readers" });

/** The nodes that read a value, in order. */
function readersOf(run: BoundRun, value: Value): readonly ResolvedNode[] {
  return run.pass(READERS, () => allReaders(run.graph)).get(value) ?? [];
}

function allReaders({ nodes }: ResolvedGraph): Map<Value, ResolvedNode[]> {
  const readers = new Map<Value, ResolvedNode[]>();
  for (const node of nodes) {
    for (const input of new Set(inputsOf(node))) {
      const others = readers.get(input);
      if (others === undefined) readers.set(input, [node]);
      else others.push(node);
    }
  }
  return readers;
}
