import { defineOperator, type Interval, type Operator, type RuleContext, type Tensor } from "@lirpa/core/plugin";

/**
 * max(x, 0). Above it lies the chord from (l, 0) to (u, u); below it any line through the origin with a slope in
 * [0, 1]. Zhang et al., "Efficient Neural Network Robustness Certification with General Activation Functions" (2018).
 */
export const relu: Operator = defineOperator({
  type: "Relu",
  sinceVersion: 1,
  kind: "elementwise",
  inputs: ["X"],
  forward: ({ t }, x) => t.relu(x),
  monotone: "increasing",
  relax: (context, interval) => {
    const { t } = context;
    const { chord, above, below } = shape(context, interval);
    const adaptive = t.where(t.greater(t.add(above, below), 0), 1, 0);
    const min = t.where(t.greaterEqual(interval.lower, 0), 1, 0);
    const max = t.where(t.lessEqual(interval.upper, 0), 0, 1);
    return { lower: { slope: t.free(adaptive, min, max), intercept: 0 }, upper: chord };
  },
  relaxations: {
    "same-slope": (context, interval) => {
      const { chord } = shape(context, interval);
      return { lower: { slope: chord.slope, intercept: 0 }, upper: chord };
    },
    zero: (context, interval) => {
      const { t } = context;
      const slope = t.where(t.greaterEqual(interval.lower, 0), 1, 0);
      return { lower: { slope, intercept: 0 }, upper: shape(context, interval).chord };
    },
    one: (context, interval) => {
      const { t } = context;
      const slope = t.where(t.lessEqual(interval.upper, 0), 0, 1);
      return { lower: { slope, intercept: 0 }, upper: shape(context, interval).chord };
    },
  },
});

/** The interval's parts on either side of zero and the chord over them; a stable neuron's chord is the function itself. */
function shape({ t }: RuleContext<unknown>, { lower, upper }: Interval): {
  chord: { slope: Tensor; intercept: Tensor };
  above: Tensor;
  below: Tensor;
} {
  const above = t.relu(upper);
  const below = t.min(lower, 0);
  const slope = t.div(above, t.max(t.sub(above, below), 1e-30));
  return { chord: { slope, intercept: t.neg(t.mul(slope, below)) }, above, below };
}
