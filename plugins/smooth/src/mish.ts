import { defineOperator, type Operator, type Tensor, type TensorOps } from "@lirpa/core/plugin";
import { gateLines, gateRange, type GateShape } from "./gate-shaped.js";

/**
 * x tanh(log(1 + exp x)) = x (w² − 1) / (w² + 1) with w = 1 + exp x. With e = exp(−|x|), numerator and denominator are
 * e² + 2e and e² + 2e + 2 for x < 0, 1 + 2e and 1 + 2e + 2e² for x ≥ 0.
 */
const shape: GateShape = {
  f: (x) => {
    const w = (1 + Math.exp(Math.min(x, 40))) ** 2;
    return (x * (w - 1)) / (w + 1);
  },
  slope: (x) => {
    const e = Math.exp(Math.min(x, 40));
    const w = (1 + e) ** 2;
    return (w - 1) / (w + 1) + (4 * x * e * (1 + e)) / (w + 1) ** 2;
  },
  curve: (t) => ({
    value: (x) => t.mul(x, gateOf(t, x).gate),
    slope: (x) => {
      const { gate, gateSlope } = gateOf(t, x);
      return t.add(gate, t.mul(x, gateSlope));
    },
  }),
};

/** Of the shape of Gelu, with a minimum near −1.19. */
export const mish: Operator = defineOperator({
  type: "Mish",
  sinceVersion: 18,
  kind: "elementwise",
  inputs: ["X"],
  forward: ({ t }, x) => shape.curve(t).value(x),
  range: ({ t }, interval) => gateRange(t, shape, interval),
  relax: ({ t }, interval) => gateLines(t, shape, interval),
});

function gateOf(t: TensorOps, x: Tensor): { readonly gate: Tensor; readonly gateSlope: Tensor } {
  const e = t.exp(t.neg(t.abs(x)));
  const isLeft = t.less(x, 0);
  const double = t.mul(e, 2);
  const square = t.square(e);
  const numerator = t.where(isLeft, t.add(square, double), t.add(double, 1));
  const denominator = t.where(isLeft, t.add(t.add(square, double), 2), t.add(t.add(double, 1), t.mul(square, 2)));
  // 4 w exp(x) / (w² + 1)²
  const steep = t.mul(t.mul(t.add(e, 1), 4), t.where(isLeft, e, square));
  return { gate: t.div(numerator, denominator), gateSlope: t.div(steep, t.square(denominator)) };
}
