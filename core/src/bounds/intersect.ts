import type { Pair, Side } from "../plugin/pair.js";
import type { IrNode } from "../tensor/ir.js";
import type { Vocabulary } from "../tensor/vocabulary.js";

/** The better of two ends that both hold; where the second one is no number, the first. */
export function better(t: Vocabulary, side: Side, known: IrNode, other: IrNode): IrNode {
  const isBetter = side === "lower" ? t.greaterEqual(known, other) : t.lessEqual(known, other);
  return t.where(isBetter, known, t.where(t.equal(other, other), other, known));
}

/**
 * The intersection of bounds with others that hold as well, which no number is worse than. Ends that would cross are
 * left as they were: where both hold only rounding can have crossed them, and under constraints that no point meets any
 * bound holds.
 */
export function intersect(t: Vocabulary, known: Pair<IrNode>, others: Pair<IrNode>): Pair<IrNode> {
  const lower = better(t, "lower", known.lower, others.lower);
  const upper = better(t, "upper", known.upper, others.upper);
  const crossed = t.greater(lower, upper);
  return { lower: t.where(crossed, known.lower, lower), upper: t.where(crossed, known.upper, upper) };
}
