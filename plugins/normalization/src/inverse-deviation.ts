import { defineOperator, float, type Operator, type Tensor, type TensorOps } from "@lirpa/core/plugin";

/**
 * 1 / √(v + ε) for a mean of squares v. Convex and falling: the chord lies above, every tangent below. Bounds of v by
 * linear forms may go below zero, v itself does not: the function is that of max(v, 0), whose slope left of zero is 0,
 * and lines are drawn from zero on.
 */
export const inverseDeviation: Operator = defineOperator({
  type: "InverseDeviation",
  domain: "lirpa",
  sinceVersion: 1,
  kind: "elementwise",
  inputs: ["variance"],
  attributes: { epsilon: float() },
  monotone: "decreasing",
  forward: ({ t, attributes: { epsilon } }, variance) => inverse(t, t.relu(variance), epsilon),
  relax: ({ t, attributes: { epsilon } }, { lower, upper }) => {
    const [low, high] = [t.relu(lower), t.relu(upper)];
    const [most, least] = [inverse(t, low, epsilon), inverse(t, high, epsilon)];
    // (f(h) − f(l)) / (h − l) without a difference: −f(l)² f(h)² / (f(l) + f(h)).
    const chord = t.neg(t.div(t.mul(t.square(most), t.square(least)), t.add(most, least)));
    const at = t.free(t.min(t.max(touching(t, low, high, epsilon), low), high), low, high);
    const value = inverse(t, at, epsilon);
    const tangent = t.mul(t.mul(value, t.square(value)), -0.5);
    return {
      lower: { slope: tangent, intercept: t.sub(value, t.mul(tangent, at)) },
      upper: { slope: chord, intercept: t.sub(most, t.mul(chord, low)) },
    };
  },
});

/**
 * Where to touch: the slope is that of 1/s and of √(v + ε) one after the other, each at the middle m of its own
 * interval, 1/m(s)² · 1/(2 √m(v)). Tried: the middle itself is looser on the goldens that have a wide interval.
 */
function touching(t: TensorOps, low: Tensor, high: Tensor, epsilon: number): Tensor {
  const [a, b] = [t.add(low, epsilon), t.add(high, epsilon)];
  const deviation = t.mul(t.add(t.sqrt(a), t.sqrt(b)), 0.5);
  const variance = t.mul(t.add(a, b), 0.5);
  return t.sub(t.pow(t.mul(t.square(t.square(deviation)), variance), 1 / 3), epsilon);
}

function inverse(t: TensorOps, variance: Tensor, epsilon: number): Tensor {
  return t.reciprocal(t.sqrt(t.add(variance, epsilon)));
}
