import { defineOperator, type Operator, type Tensor, type TensorOps } from "@lirpa/core/plugin";
import { sLines, type SShape } from "./s-shaped.js";

const shape = (t: TensorOps): SShape => ({
  right: "concave",
  limits: { least: 0, most: 1 },
  value: (x) => softsignOf(t, x),
  slope: (x) => t.square(t.reciprocal(t.add(t.abs(x), 1))),
  touch: (a) => touch(t, a),
});

/** x / (1 + |x|): odd and S-shaped. */
export const softsign: Operator = defineOperator({
  type: "Softsign",
  sinceVersion: 1,
  kind: "elementwise",
  inputs: ["input"],
  forward: ({ t }, x) => softsignOf(t, x),
  monotone: "increasing",
  relax: ({ t }, interval) => sLines(t, shape(t), interval),
});

function softsignOf(t: TensorOps, x: Tensor): Tensor {
  return t.div(x, t.add(t.abs(x), 1));
}

/**
 * The line through (−a, −a / (1 + a)) touches at d with (1 + 2a) d² + 2a d − a² = 0. The root is written without the
 * difference of two near numbers: d = a / (1 + √(2 + 2a)).
 */
function touch(t: TensorOps, a: Tensor): Tensor {
  return t.div(a, t.add(t.sqrt(t.add(t.mul(a, 2), 2)), 1));
}
