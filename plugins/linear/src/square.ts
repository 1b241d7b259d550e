import { defineOperator, type Operator } from "@lirpa/core/plugin";

/**
 * x², which a product of a value with itself expands to. Convex: above it lies the chord through (l, l²) and (u, u²),
 * (l + u)·x − l·u; below it every tangent, 2m·x − m². The tangent at the point nearest to zero never falls below the
 * function's minimum.
 */
export const square: Operator = defineOperator({
  type: "Square",
  domain: "lirpa",
  sinceVersion: 1,
  kind: "elementwise",
  inputs: ["X"],
  forward: ({ t }, x) => t.square(x),
  takesUnbounded: true,
  range: ({ t }, { lower, upper }) => ({
    lower: t.max(t.square(t.relu(lower)), t.square(t.min(upper, 0))),
    upper: t.max(t.square(lower), t.square(upper)),
  }),
  relax: ({ t }, { lower, upper }) => {
    const at = t.free(t.add(t.relu(lower), t.min(upper, 0)), lower, upper);
    return {
      lower: { slope: t.mul(at, 2), intercept: t.neg(t.square(at)) },
      upper: { slope: t.add(lower, upper), intercept: t.neg(t.mul(lower, upper)) },
    };
  },
});
