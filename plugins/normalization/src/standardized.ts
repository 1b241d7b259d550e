import { defineOperator, float, type Operator, type Tensor } from "@lirpa/core/plugin";

/**
 * Beyond this many times `bound` a linear form is worth less than the constant (tried on the goldens: 1.5 to 4 are
 * alike).
 */
const TOO_WIDE = 3;

/**
 * A standardized value, of which more is known than interval arithmetic sees: its absolute value is at most `bound`.
 * Above it lies the value itself, as a linear form carries it further, and the constant `bound`; and so does every
 * mixture of the two. The value's own bounds tell what its linear form is worth.
 */
export const standardized: Operator = defineOperator({
  type: "Standardized",
  domain: "lirpa",
  sinceVersion: 1,
  kind: "custom",
  inputs: ["X"],
  attributes: { bound: float() },
  forward: (_context, x) => x,
  interval: ({ t, attributes: { bound } }, x) => ({ lower: t.max(x.lower, -bound), upper: t.min(x.upper, bound) }),
  backward: ({ t, attributes: { bound } }, [outputs], [x]) => {
    const share = (end: Tensor): Tensor => t.free(t.where(t.greater(end, TOO_WIDE * bound), 0, 1), 0, 1);
    const [above, below] = [share(x.upper), share(t.neg(x.lower))];
    // On the side's sign a coefficient meets the line on that side; what is left of it meets ±bound.
    const side = (a: Tensor, onPositive: Tensor, onNegative: Tensor, sign: number): [Tensor, Tensor] => {
      const kept = t.add(t.mul(t.relu(a), onPositive), t.mul(t.min(a, 0), onNegative));
      return [kept, t.mul(t.sum(t.abs(t.sub(a, kept))), sign * bound)];
    };
    const lower = side(outputs.lower, below, above, -1);
    const upper = side(outputs.upper, above, below, 1);
    return { inputs: [{ lower: lower[0], upper: upper[0] }], bias: { lower: lower[1], upper: upper[1] } };
  },
});
