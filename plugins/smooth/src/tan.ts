import { defineOperator, type Interval, type Operator, type Tensor, type TensorOps } from "@lirpa/core/plugin";
import { flat, select, STEEPEST, UNBOUNDED } from "./lines.js";
import { positive, sLines, touchingPoint, type SShape } from "./s-shaped.js";

/** Farther from the middle of a branch, 1e-4 before the pole, the function counts as unbounded. */
const FARTHEST = Math.PI / 2 - 1e-4;
/** Farther from zero multiples of π are no longer exact in float32, and nobody can tell where the poles are. */
const FARTHEST_BRANCH = 1e5;

/**
 * sin x / cos x. Between two poles it is S-shaped about a multiple of π, concave left of it and convex right of it. An
 * interval with a pole inside has no bounds.
 */
export const tan: Operator = defineOperator({
  type: "Tan",
  sinceVersion: 7,
  kind: "elementwise",
  inputs: ["input"],
  forward: ({ t }, x) => tanOf(t, x),
  range: ({ t }, interval) => {
    const { inside } = branchOf(t, interval);
    return {
      lower: t.where(inside, tanOf(t, interval.lower), -UNBOUNDED),
      upper: t.where(inside, tanOf(t, interval.upper), UNBOUNDED),
    };
  },
  relax: ({ t }, interval) => {
    const { inside, center, local } = branchOf(t, interval);
    const { lower, upper } = sLines(t, shape(t), local);
    const shifted = (line: typeof lower): typeof lower => ({
      slope: line.slope,
      intercept: t.sub(line.intercept, t.mul(line.slope, center)),
    });
    return {
      lower: select(t, inside, shifted(lower), flat(-UNBOUNDED)),
      upper: select(t, inside, shifted(upper), flat(UNBOUNDED)),
    };
  },
});

interface Branch {
  /** The interval lies between two poles. */
  readonly inside: Tensor;
  /** Where the branch crosses zero. */
  readonly center: Tensor;
  /** The interval, seen from there; a point where it has poles. */
  readonly local: Interval;
}

function branchOf(t: TensorOps, { lower, upper }: Interval): Branch {
  const turns = t.round(t.mul(t.add(lower, upper), 0.5 / Math.PI));
  // π in two parts, the first with few digits: so the products are exact, and what is left of large x keeps its digits.
  const fromCenter = (x: Tensor): Tensor => t.sub(t.sub(x, t.mul(turns, 3.140625)), t.mul(turns, Math.PI - 3.140625));
  const [low, high] = [fromCenter(lower), fromCenter(upper)];
  const isNear = t.less(t.max(t.abs(lower), t.abs(upper)), FARTHEST_BRANCH);
  const inside = t.and(isNear, t.and(t.greater(low, -FARTHEST), t.less(high, FARTHEST)));
  return {
    inside,
    center: t.sub(lower, low),
    local: { lower: t.where(inside, low, 0), upper: t.where(inside, high, 0) },
  };
}

const shape = (t: TensorOps): SShape => ({
  right: "convex",
  limits: { least: 1, most: STEEPEST },
  value: (x) => tanOf(t, x),
  slope: (x) => t.square(t.reciprocal(t.cos(x))),
  touch: (a) => touch(t, t.min(a, FARTHEST)),
});

/** Its slope is s where tan x = √(s − 1). */
function touch(t: TensorOps, a: Tensor): Tensor {
  const pointOf = (slope: Tensor): Tensor => t.atan(t.sqrt(positive(t, t.sub(slope, 1))));
  const fourth = t.square(t.square(a));
  const guess = t.mul(a, t.add(t.mul(fourth, 0.06), 0.5));
  return touchingPoint(t, (x) => tanOf(t, x), pointOf, guess, a);
}

function tanOf(t: TensorOps, x: Tensor): Tensor {
  return t.div(t.sin(x), t.cos(x));
}
