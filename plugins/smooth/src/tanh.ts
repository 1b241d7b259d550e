import { defineOperator, type Operator, type Tensor, type TensorOps } from "@lirpa/core/plugin";
import { positive, sLines, touchingPoint, type SShape } from "./s-shaped.js";

const shape = (t: TensorOps): SShape => ({
  right: "concave",
  limits: { least: 0, most: 1 },
  value: (x) => t.tanh(x),
  slope: (x) => tanhSlope(t, x),
  touch: (a) => tanhTouch(t, a),
});

/** Odd and S-shaped. */
export const tanh: Operator = defineOperator({
  type: "Tanh",
  sinceVersion: 6,
  kind: "elementwise",
  inputs: ["input"],
  forward: ({ t }, x) => t.tanh(x),
  monotone: "increasing",
  relax: ({ t }, interval) => sLines(t, shape(t), interval),
});

/** 1 − tanh², written as 4e / (1 + e)² with e = exp(−2|x|), which keeps its digits where tanh is nearly ±1. */
function tanhSlope(t: TensorOps, x: Tensor): Tensor {
  const e = t.exp(t.mul(t.abs(x), -2));
  return t.div(t.mul(e, 4), t.square(t.add(e, 1)));
}

/** Its slope is s where y = tanh x = √(1 − s), so x = log((1 + y) / √s). */
export function tanhTouch(t: TensorOps, a: Tensor): Tensor {
  const pointOf = (slope: Tensor): Tensor =>
    t.log(t.div(t.add(t.sqrt(positive(t, t.sub(1, slope))), 1), t.sqrt(slope)));
  // About a / 2 near zero, log(2a) / 2 far away.
  const guess = t.mul(t.log(t.add(t.mul(t.div(a, t.add(a, 1)), t.add(t.mul(a, 2.2), 1)), 1)), 0.5);
  return touchingPoint(t, (x) => t.tanh(x), pointOf, guess, a);
}
