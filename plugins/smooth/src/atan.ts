import { defineOperator, type Operator, type Tensor, type TensorOps } from "@lirpa/core/plugin";
import { positive, sLines, touchingPoint, type SShape } from "./s-shaped.js";

const shape = (t: TensorOps): SShape => ({
  right: "concave",
  limits: { least: 0, most: 1 },
  value: (x) => t.atan(x),
  slope: (x) => t.reciprocal(t.add(t.square(x), 1)),
  touch: (a) => touch(t, a),
});

/** Odd and S-shaped. */
export const atan: Operator = defineOperator({
  type: "Atan",
  sinceVersion: 7,
  kind: "elementwise",
  inputs: ["input"],
  forward: ({ t }, x) => t.atan(x),
  monotone: "increasing",
  relax: ({ t }, interval) => sLines(t, shape(t), interval),
});

/** Its slope is s at √(1/s − 1). */
function touch(t: TensorOps, a: Tensor): Tensor {
  const pointOf = (slope: Tensor): Tensor => t.sqrt(positive(t, t.sub(t.reciprocal(slope), 1)));
  // About a / 2 near zero, √(a / π) far away.
  const guess = t.div(a, t.sqrt(t.add(t.mul(a, 2), 4)));
  return touchingPoint(t, (x) => t.atan(x), pointOf, guess, a);
}
