import { defineOperator, type Operator, type Tensor, type TensorOps } from "@lirpa/core/plugin";
import { convexLines, type Curve } from "./lines.js";

const curve = (t: TensorOps): Curve => ({ value: (x) => softplusOf(t, x), slope: (x) => t.sigmoid(x) });

/** log(1 + exp(x)), convex; its derivative is the sigmoid function. */
export const softplus: Operator = defineOperator({
  type: "Softplus",
  sinceVersion: 1,
  kind: "elementwise",
  inputs: ["X"],
  forward: ({ t }, x) => softplusOf(t, x),
  monotone: "increasing",
  relax: ({ t }, interval) => convexLines(t, curve(t), interval),
});

/** x⁺ + log(1 + exp(−|x|)), which overflows nowhere. */
function softplusOf(t: TensorOps, x: Tensor): Tensor {
  return t.add(t.relu(x), t.log(t.add(t.exp(t.neg(t.abs(x))), 1)));
}
