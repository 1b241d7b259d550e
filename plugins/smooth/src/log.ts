import { defineOperator, type Operator, type TensorOps } from "@lirpa/core/plugin";
import { chord, flat, middle, select, tangent, UNBOUNDED, type Curve } from "./lines.js";

/** A point as near to zero may be zero: no line lies below the logarithm from there. */
const NEAREST = 1e-30;
/** Tangents touch no nearer to zero, so that their slopes and what these change by fit into float32. */
const NEAREST_TANGENT = 1e-15;

const curve = (t: TensorOps): Curve => ({ value: (x) => t.log(x), slope: (x) => t.reciprocal(x) });

/**
 * The natural logarithm, concave on x > 0: above it lie the tangents, below it the chord. What an interval has left of
 * zero is no input of the function and counts for nothing; where the interval reaches zero, the function has no lower
 * bound.
 */
export const log: Operator = defineOperator({
  type: "Log",
  sinceVersion: 6,
  kind: "elementwise",
  inputs: ["input"],
  forward: ({ t }, x) => t.log(x),
  takesUnbounded: true,
  defined: ({ t }, { lower }) => t.greaterEqual(lower, 0),
  range: ({ t }, { lower, upper }) => ({
    lower: t.where(t.less(lower, NEAREST), -UNBOUNDED, t.log(t.max(lower, NEAREST))),
    upper: t.log(t.max(upper, NEAREST)),
  }),
  relax: ({ t }, interval) => {
    const inside = { lower: t.max(interval.lower, NEAREST), upper: t.max(interval.upper, NEAREST) };
    const below = chord(t, "below", curve(t), inside, t.reciprocal(inside.upper), t.reciprocal(inside.lower));
    const at = t.free(middle(t, inside), inside.lower, inside.upper);
    return {
      lower: select(t, t.less(interval.lower, NEAREST), flat(-UNBOUNDED), below),
      upper: select(
        t,
        t.less(inside.upper, NEAREST_TANGENT),
        flat(t.log(inside.upper)),
        tangent(t, curve(t), t.max(at, NEAREST_TANGENT)),
      ),
    };
  },
});
