import { defineOperator, type Operator, type Tensor, type TensorOps } from "@lirpa/core/plugin";
import { positive, sLines, touchingPoint, type SShape } from "./s-shaped.js";

const STEEPEST = 2 / Math.sqrt(Math.PI);

const shape = (t: TensorOps): SShape => ({
  right: "concave",
  limits: { least: 0, most: STEEPEST },
  value: (x) => t.erf(x),
  slope: (x) => t.mul(t.exp(t.neg(t.square(x))), STEEPEST),
  touch: (a) => touch(t, a),
});

/** The error function: odd and S-shaped. */
export const erf: Operator = defineOperator({
  type: "Erf",
  sinceVersion: 9,
  kind: "elementwise",
  inputs: ["input"],
  forward: ({ t }, x) => t.erf(x),
  monotone: "increasing",
  relax: ({ t }, interval) => sLines(t, shape(t), interval),
});

/** Its slope is s at √(−log(s √π / 2)). */
function touch(t: TensorOps, a: Tensor): Tensor {
  const pointOf = (slope: Tensor): Tensor => t.sqrt(positive(t, t.neg(t.log(t.mul(slope, 1 / STEEPEST)))));
  // About a / 2 near zero, √(log a) far away.
  const guess = t.sqrt(t.log(t.add(t.mul(a, t.div(a, t.add(a, 4))), 1)));
  return touchingPoint(t, (x) => t.erf(x), pointOf, guess, a);
}
