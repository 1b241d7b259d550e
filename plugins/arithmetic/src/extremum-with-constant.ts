import {
  defineOperator,
  type Interval,
  type Line,
  type Lines,
  type Operator,
  type Tensor,
  type TensorOps,
} from "@lirpa/core/plugin";

/** max(x, c) for a constant c: a Relu whose bend lies at c. */
export const atLeast: Operator = defineOperator({
  type: "AtLeast",
  domain: "lirpa",
  sinceVersion: 1,
  kind: "elementwise",
  inputs: ["x", "c"],
  monotone: "increasing",
  forward: ({ t }, x, c) => t.max(x, c),
  relax: ({ t }, interval, c) => linesAround(t, interval, c),
  stable: ({ t }, { lower, upper }, c) => t.or(t.greaterEqual(lower, c), t.lessEqual(upper, c)),
});

/** min(x, c) = −max(−x, −c). */
export const atMost: Operator = defineOperator({
  type: "AtMost",
  domain: "lirpa",
  sinceVersion: 1,
  kind: "elementwise",
  inputs: ["x", "c"],
  monotone: "increasing",
  forward: ({ t }, x, c) => t.min(x, c),
  relax: ({ t }, { lower, upper }, c) => {
    const mirrored = linesAround(t, { lower: t.neg(upper), upper: t.neg(lower) }, t.neg(c));
    const turned = ({ slope, intercept }: Line): Line => ({ slope, intercept: t.neg(intercept) });
    return { lower: turned(mirrored.upper), upper: turned(mirrored.lower) };
  },
  stable: ({ t }, { lower, upper }, c) => t.or(t.greaterEqual(lower, c), t.lessEqual(upper, c)),
});

/**
 * On [l, u] no bend left of l matters, so that c ≥ l may be taken. Above lies the chord through (u, max(u, c)) with the
 * slope (u − c)⁺ / (u − l); below any line through (c, c) with a slope in [0, 1], as Zhang et al. (2018) for c = 0.
 */
function linesAround(t: TensorOps, { lower, upper }: Interval, c: Tensor): Lines {
  const bend = t.max(c, lower);
  const right = t.relu(t.sub(upper, bend));
  const chord = t.div(right, t.max(t.sub(upper, lower), 1e-30));
  const most = t.where(t.greater(right, 0), 1, 0);
  const least = t.where(t.greater(bend, lower), 0, most);
  const slope = t.free(t.where(t.greater(right, t.sub(bend, lower)), 1, 0), least, most);
  return {
    lower: { slope, intercept: t.sub(bend, t.mul(slope, bend)) },
    upper: { slope: chord, intercept: t.sub(t.max(upper, bend), t.mul(chord, upper)) },
  };
}
