import { defineOperator, type Operator, type Tensor, type TensorOps } from "@lirpa/core/plugin";
import { sLines, type SShape } from "./s-shaped.js";
import { tanhTouch } from "./tanh.js";

/** 1 / (1 + exp(−x)) = (1 + tanh(x / 2)) / 2, so lines touch it at twice the points where they touch tanh. */
const shape = (t: TensorOps): SShape => ({
  right: "concave",
  limits: { least: 0, most: 0.25 },
  value: (x, turn) => t.mul(t.sigmoid(t.mul(x, turn)), turn),
  slope: (x) => sigmoidSlope(t, x),
  touch: (a) => t.mul(tanhTouch(t, t.mul(a, 0.5)), 2),
});

/** S-shaped. */
export const sigmoid: Operator = defineOperator({
  type: "Sigmoid",
  sinceVersion: 6,
  kind: "elementwise",
  inputs: ["X"],
  forward: ({ t }, x) => t.sigmoid(x),
  monotone: "increasing",
  relax: ({ t }, interval) => sLines(t, shape(t), interval),
});

/** σ (1 − σ), written as e / (1 + e)² with e = exp(−|x|), which keeps its digits where σ is nearly 1. */
function sigmoidSlope(t: TensorOps, x: Tensor): Tensor {
  const e = t.exp(t.neg(t.abs(x)));
  return t.div(e, t.square(t.add(e, 1)));
}
