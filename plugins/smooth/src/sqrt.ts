import { defineOperator, type Operator, type Tensor, type TensorOps } from "@lirpa/core/plugin";
import { middle } from "./lines.js";

/** So that slopes stay finite: no root in a divisor is taken to be smaller. */
const SMALLEST = 1e-10;

/**
 * √x, concave on x ≥ 0; what an interval has left of zero is no input of the function and counts for nothing.
 *
 * Below lies the chord (x + √l √u) / (√l + √u), and any line with a greater divisor; above it the tangents
 * (x + m) / (2 √m). Written like this, no digits cancel.
 */
export const sqrt: Operator = defineOperator({
  type: "Sqrt",
  sinceVersion: 6,
  kind: "elementwise",
  inputs: ["X"],
  forward: ({ t }, x) => t.sqrt(x),
  takesUnbounded: true,
  defined: ({ t }, { lower }) => t.greaterEqual(lower, 0),
  range: ({ t }, { lower, upper }) => ({ lower: rootOf(t, lower), upper: rootOf(t, upper) }),
  relax: ({ t }, { lower, upper }) => {
    const [low, high] = [rootOf(t, lower), rootOf(t, upper)];
    const below = t.reciprocal(t.max(t.add(low, high), SMALLEST));
    const inside = { lower: t.relu(lower), upper: t.relu(upper) };
    const root = t.max(t.sqrt(t.free(middle(t, inside), inside.lower, inside.upper)), SMALLEST);
    return {
      lower: { slope: below, intercept: t.mul(t.mul(low, high), below) },
      upper: { slope: t.div(0.5, root), intercept: t.mul(root, 0.5) },
    };
  },
});

function rootOf(t: TensorOps, x: Tensor): Tensor {
  return t.sqrt(t.relu(x));
}
