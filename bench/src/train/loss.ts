import type { IrNode, Vocabulary } from "@lirpa/core/recording";

/**
 * Cross entropy of the worst logits that the bounds allow (Zhang et al. 2020), on average over the instances: with
 * lower bounds m of the label's margins over the other classes it is log(1 + Σ exp(−m)).
 */
export function robustLoss(t: Vocabulary, margins: IrNode): IrNode {
  const worst = t.neg(margins);
  // The greatest exponent is zero: nothing overflows, and the sum is at least 1.
  const greatest = t.stopGradient(t.max(t.reduceMax(worst), 0));
  const sum = t.add(t.exp(t.neg(greatest)), t.sum(t.exp(t.sub(worst, greatest))));
  const losses = t.add(greatest, t.log(sum));
  const instances = { instances: true, rows: false };
  return t.div(t.sumHidden(losses, instances), t.sumHidden(t.spread(t.full([], 1), losses), instances));
}
