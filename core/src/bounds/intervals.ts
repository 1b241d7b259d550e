import type { Pair } from "../plugin/pair.js";
import type { IrNode } from "../tensor/ir.js";
import type { BoundRun } from "./run.js";

/** From the lower end on: the sum of ends near the last of float32 has no number. */
export function middle(run: BoundRun, interval: Pair<IrNode>): IrNode {
  const { lower, upper } = interval;
  return lower === upper ? lower : run.t.add(lower, radius(run, interval));
}

export function radius({ t }: BoundRun, { lower, upper }: Pair<IrNode>): IrNode {
  return lower === upper ? t.zeros(lower.shape) : t.mul(t.sub(upper, lower), 0.5);
}

export function around({ t }: BoundRun, centers: readonly IrNode[], radii: readonly IrNode[]): Pair<IrNode>[] {
  return centers.map((center, i) => ({ lower: t.sub(center, radii[i]!), upper: t.add(center, radii[i]!) }));
}

/**
 * The intersection of two sound intervals, by maximum and minimum alone: what is no number stays none, so that the
 * run's guard finds it.
 */
export function tighter({ t }: BoundRun, a: Pair<IrNode>, b: Pair<IrNode> | undefined): Pair<IrNode> {
  return b === undefined ? a : { lower: t.max(a.lower, b.lower), upper: t.min(a.upper, b.upper) };
}
