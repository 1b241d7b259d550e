import { defineOperator, type Interval, type Operator, type Tensor, type TensorOps } from "@lirpa/core/plugin";
import { concaveLines, flat, select, UNBOUNDED, type Curve } from "./lines.js";

/** A point as near to zero may be zero: no line lies below the logarithm from there. */
const NEAREST = 1e-30;

const curve = (t: TensorOps): Curve => ({ value: (x) => t.log(x), slope: (x) => t.reciprocal(x) });

/**
 * The natural logarithm, concave on x > 0. What an interval has left of zero is no input of the function and counts for
 * nothing; where the interval reaches zero, the function has no lower bound.
 */
export const log: Operator = defineOperator({
  type: "Log",
  sinceVersion: 6,
  kind: "elementwise",
  inputs: ["input"],
  forward: ({ t }, x) => t.log(x),
  range: ({ t }, interval) => {
    const { lower, upper } = inside(t, interval);
    return { lower: t.where(t.less(interval.lower, NEAREST), -UNBOUNDED, t.log(lower)), upper: t.log(upper) };
  },
  relax: ({ t }, interval) => {
    const { lower, upper } = concaveLines(t, curve(t), inside(t, interval));
    return { lower: select(t, t.less(interval.lower, NEAREST), flat(-UNBOUNDED), lower), upper };
  },
});

function inside(t: TensorOps, { lower, upper }: Interval): Interval {
  const part = (x: Tensor): Tensor => t.max(x, NEAREST);
  return { lower: part(lower), upper: part(upper) };
}
