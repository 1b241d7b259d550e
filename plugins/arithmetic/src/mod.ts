import {
  attributeError,
  defineOperator,
  flag,
  onlyConstants,
  type Operator,
  type Tensor,
  type TensorOps,
} from "@lirpa/core/plugin";

/** The remainder of a division, on constants. */
export const mod: Operator = defineOperator({
  type: "Mod",
  sinceVersion: 10,
  kind: "linear",
  inputs: ["A", "B"],
  data: [],
  nonnegative: true,
  // The remainder has the sign of the dividend, as in C, rather than that of the divisor, as in Python.
  attributes: { fmod: flag(false) },
  derive: ({ fmod: likeDividend }, context) => {
    onlyConstants(context, "Mod");
    const { node, constants } = context;
    if (constants.some((constant) => constant?.dtype === "float") && !likeDividend) {
      throw attributeError(`${node}: Mod of floats needs fmod 1`, { hint: "ONNX allows fmod 0 for integers only." });
    }
    if (constants[1]?.data.includes(0))
      throw attributeError(`${node}: the divisor holds a zero`, {
        hint: "There is no remainder of a division by zero.",
      });
    return { likeDividend };
  },
  forward: ({ t, attributes }, a, b) => {
    const remainder = truncatedRemainder(t, a, b);
    if (attributes.likeDividend) return remainder;
    const wrong = t.less(t.mul(t.sign(remainder), t.sign(b)), 0);
    return t.where(wrong, t.add(remainder, b), remainder);
  },
});

function truncatedRemainder(t: TensorOps, a: Tensor, b: Tensor): Tensor {
  const quotient = t.div(a, b);
  const whole = a.dtype === "int" ? quotient : t.mul(t.sign(quotient), t.floor(t.abs(quotient)));
  return t.sub(a, t.mul(whole, b));
}
