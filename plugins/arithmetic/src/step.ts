import { defineOperator, type Operator, type Tensor, type TensorOps } from "@lirpa/core/plugin";

interface Step {
  readonly type: string;
  readonly sinceVersion: number;
  /** The least x that is mapped to k is k − shift (or the limit from above). */
  readonly shift: number;
  readonly of: (t: TensorOps, x: Tensor) => Tensor;
}

/**
 * A function with steps of height 1 at distance 1. Constant lines at the values of the interval's ends always hold. The
 * upper end's value k is reached at k − shift: a line through that point with a slope in [0, 1] lies above all steps on
 * its left, as x + shift does, and above k on its right. It may be sloped where there is a step at all. The lower line
 * is the mirror image, about the place where the lower end's value is left. The slope is free, and 0 by default.
 */
function stepOperator({ type, sinceVersion, shift, of }: Step): Operator {
  return defineOperator({
    type,
    sinceVersion,
    kind: "elementwise",
    inputs: ["X"],
    monotone: "increasing",
    forward: ({ t }, x) => of(t, x),
    relax: ({ t }, { lower, upper }) => {
      const [low, high] = [of(t, lower), of(t, upper)];
      const most = t.where(t.less(low, high), 1, 0);
      const line = (value: Tensor, pivot: Tensor) => {
        // A zero that belongs to each element of each instance, as the choice does.
        const slope = t.free(t.min(most, 0), 0, most);
        return { slope, intercept: t.sub(value, t.mul(slope, pivot)) };
      };
      return { lower: line(low, t.add(low, 1 - shift)), upper: line(high, t.sub(high, shift)) };
    },
    stable: ({ t }, { lower, upper }) => t.equal(of(t, lower), of(t, upper)),
  });
}

export const floor: Operator = stepOperator({ type: "Floor", sinceVersion: 6, shift: 0, of: (t, x) => t.floor(x) });
export const ceil: Operator = stepOperator({ type: "Ceil", sinceVersion: 6, shift: 1, of: (t, x) => t.ceil(x) });
/** To the nearest integer, halves to the even one. */
export const round: Operator = stepOperator({ type: "Round", sinceVersion: 11, shift: 0.5, of: (t, x) => t.round(x) });
