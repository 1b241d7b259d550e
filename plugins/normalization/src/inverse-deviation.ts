import { defineOperator, type Operator, type Tensor, type TensorOps } from "@lirpa/core/plugin";

interface InverseDeviationAttributes {
  readonly epsilon: number;
}

/**
 * 1 / √(v + ε) for a mean of squares v. Convex and falling: the chord lies above, every tangent below. Bounds of v by
 * linear forms may go below zero, v itself does not: the function is that of max(v, 0), whose slope left of zero is 0,
 * and lines are drawn from zero on.
 */
export const inverseDeviation: Operator = defineOperator<InverseDeviationAttributes>({
  type: "InverseDeviation",
  domain: "lirpa",
  sinceVersion: 1,
  kind: "elementwise",
  inputs: ["variance"],
  attributes: (raw) => Object.freeze({ epsilon: Number(raw["epsilon"]) }),
  monotone: "decreasing",
  forward: ({ t, attributes: { epsilon } }, variance) => inverse(t, t.relu(variance), epsilon),
  relax: ({ t, attributes: { epsilon } }, { lower, upper }) => {
    const [low, high] = [t.relu(lower), t.relu(upper)];
    const [most, least] = [inverse(t, low, epsilon), inverse(t, high, epsilon)];
    // (f(h) − f(l)) / (h − l) without a difference: −f(l)² f(h)² / (f(l) + f(h)).
    const chord = t.neg(t.div(t.mul(t.square(most), t.square(least)), t.add(most, least)));
    const at = t.free(t.mul(t.add(low, high), 0.5), low, high);
    const value = inverse(t, at, epsilon);
    const tangent = t.mul(t.mul(value, t.square(value)), -0.5);
    return {
      lower: { slope: tangent, intercept: t.sub(value, t.mul(tangent, at)) },
      upper: { slope: chord, intercept: t.sub(most, t.mul(chord, low)) },
    };
  },
});

function inverse(t: TensorOps, variance: Tensor, epsilon: number): Tensor {
  return t.reciprocal(t.sqrt(t.add(variance, epsilon)));
}
