import { defineOperator, type Operator, type Tensor, type TensorOps } from "@lirpa/core/plugin";
import { chord, flat, LARGEST, middle, select, tangent, UNBOUNDED, type Curve } from "./lines.js";

/** Beyond it exp has no upper end: it is about to leave float32. */
const OUT_OF_RANGE = Math.log(LARGEST);
/** Up to here a chord, whose intercept may be −80 exp(80), fits into float32. */
const STEEPEST = 80;

const curve = (t: TensorOps): Curve => ({ value: (x) => expOf(t, x), slope: (x) => expOf(t, x) });

/**
 * Convex and positive. The tangent is that in the middle of [l, u], but not right of l + 1 − 0.01, where it would be
 * negative at l (Shi et al., "Robustness Verification for Transformers", 2020, section 3.3): quotients need that.
 *
 * Where exp(u) outgrows float32 there is no upper end; below, LARGEST is a lower one.
 */
export const exp: Operator = defineOperator({
  type: "Exp",
  sinceVersion: 6,
  kind: "elementwise",
  inputs: ["input"],
  forward: ({ t }, x) => t.exp(x),
  takesUnbounded: true,
  range: ({ t }, { lower, upper }) => ({ lower: expOf(t, lower), upper: endOf(t, upper) }),
  relax: ({ t }, interval) => {
    const { lower, upper } = interval;
    const at = t.free(t.min(middle(t, interval), t.add(lower, 0.99)), lower, upper);
    const near = { lower: t.min(lower, STEEPEST), upper: t.min(upper, STEEPEST) };
    const above = chord(t, "above", curve(t), near, expOf(t, near.lower), expOf(t, near.upper));
    return {
      lower: tangent(t, curve(t), t.min(at, STEEPEST)),
      upper: select(t, t.greater(upper, STEEPEST), flat(endOf(t, upper)), above),
    };
  },
});

function expOf(t: TensorOps, x: Tensor): Tensor {
  return t.exp(t.min(x, OUT_OF_RANGE));
}

function endOf(t: TensorOps, upper: Tensor): Tensor {
  return t.where(t.greater(upper, OUT_OF_RANGE), UNBOUNDED, expOf(t, upper));
}
