import { defineOperator, oneOf, type Operator, type Tensor, type TensorOps } from "@lirpa/core/plugin";
import { gateLines, gateRange, type GateShape } from "./gate-shaped.js";
import { hostErf } from "./host-erf.js";
import { clamp } from "./lines.js";

const ROOT_HALF = Math.SQRT1_2;
const ROOT_TWO_BY_PI = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

/** x Φ(x), with the distribution function Φ of the normal distribution. */
const exact: GateShape = {
  f: (x) => (x * (1 + hostErf(x * ROOT_HALF))) / 2,
  slope: (x) => (1 + hostErf(x * ROOT_HALF)) / 2 + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI),
  curve: (t) => {
    const phi = (x: Tensor): Tensor => t.mul(t.add(t.erf(t.mul(x, ROOT_HALF)), 1), 0.5);
    return {
      value: (x) => t.mul(x, phi(x)),
      slope: (x) => t.add(phi(x), t.mul(x, t.mul(t.exp(t.mul(t.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI)))),
    };
  },
};

/** Its approximation x (1 + tanh(√(2 / π) (x + 0.044715 x³))) / 2. */
const approximate: GateShape = {
  f: (x) => (x * (1 + Math.tanh(inner(x)))) / 2,
  slope: (x) => {
    const y = Math.tanh(inner(x));
    return (1 + y) / 2 + ((x * (1 - y * y)) / 2) * ROOT_TWO_BY_PI * (1 + 3 * CUBIC * x * x);
  },
  curve: (t) => ({
    value: (x) => t.mul(x, t.mul(t.add(t.tanh(innerOf(t, x)), 1), 0.5)),
    // Beyond ±12 the slope is 0 or 1 in any precision.
    slope: (x) => approximateSlope(t, clamp(t, x, -12, 12)),
  }),
};

/** x Φ(x), or its approximation by tanh. */
export const gelu: Operator = defineOperator({
  type: "Gelu",
  sinceVersion: 20,
  kind: "elementwise",
  inputs: ["X"],
  attributes: { approximate: oneOf(["none", "tanh"], "none") },
  derive: ({ approximate: by }) => (by === "tanh" ? approximate : exact),
  forward: ({ t, attributes }, x) => attributes.curve(t).value(x),
  range: ({ t, attributes }, interval) => gateRange(t, attributes, interval),
  relax: ({ t, attributes }, interval) => gateLines(t, attributes, interval),
});

function inner(x: number): number {
  return ROOT_TWO_BY_PI * (x + CUBIC * x ** 3);
}

function innerOf(t: TensorOps, x: Tensor): Tensor {
  return t.mul(x, t.add(t.mul(t.square(x), ROOT_TWO_BY_PI * CUBIC), ROOT_TWO_BY_PI));
}

function approximateSlope(t: TensorOps, x: Tensor): Tensor {
  const y = t.tanh(innerOf(t, x));
  const ofInner = t.add(t.mul(t.square(x), 3 * CUBIC * ROOT_TWO_BY_PI), ROOT_TWO_BY_PI);
  return t.mul(t.add(t.add(y, 1), t.mul(t.mul(x, t.sub(1, t.square(y))), ofInner)), 0.5);
}
