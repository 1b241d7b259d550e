import { attributeError, defineOperator, type AttributeContext, type Operator, type Tensor, type TensorOps } from "@lirpa/core/plugin";

/** A / B with broadcasting, linear in the numerator; the divisor is a parameter. */
export const div: Operator = defineOperator<undefined>({
  type: "Div",
  sinceVersion: 7,
  kind: "linear",
  inputs: ["A", "B"],
  data: ["A"],
  attributes: (_raw, context) => refuseZeros(context),
  forward: ({ t }, a, b) => (a!.dtype === "int" ? truncated(t, a!, b!) : t.div(a!, b!)),
  magnitude: ({ t }, a, b) => t.div(a!, t.abs(b!)),
});

function refuseZeros({ node, constants }: AttributeContext): undefined {
  if (constants[1]?.data.includes(0)) {
    throw attributeError(`${node}: the divisor holds a zero`, { hint: "Quotients by zero have no bounds; remove the node or the zeros." });
  }
}

/** Quotients of integers are cut toward zero, and so are casts. */
function truncated(t: TensorOps, a: Tensor, b: Tensor): Tensor {
  return t.cast(t.div(t.cast(a, "float"), t.cast(b, "float")), "int");
}
