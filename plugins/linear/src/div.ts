import {
  attributeError,
  defineOperator,
  type AttributeContext,
  type Operator,
  type Subgraph,
  type Tensor,
  type TensorOps,
} from "@lirpa/core/plugin";

/** A / B with broadcasting: by a constant it is linear in A, by anything else the product with a reciprocal. */
export const div: Operator = defineOperator({
  type: "Div",
  sinceVersion: 7,
  kind: "linear",
  inputs: ["A", "B"],
  data: ["A"],
  derive: refuseZeros,
  expand: (_attributes, { constants }) => (constants[1] === undefined ? quotient : undefined),
  forward: ({ t }, a, b) => (a.dtype === "int" ? truncated(t, a, b) : t.div(a, b)),
  magnitude: ({ t }, a, b) => t.div(a, t.abs(b)),
});

const quotient: Subgraph = {
  nodes: [
    { name: "reciprocal", type: "Reciprocal", inputs: ["inputs.1"], outputs: ["reciprocal"] },
    { name: "product", type: "Mul", inputs: ["inputs.0", "reciprocal"], outputs: ["outputs.0"] },
  ],
};

function refuseZeros(_: object, { node, constants }: AttributeContext): object {
  if (constants[1]?.data.includes(0)) {
    throw attributeError(`${node}: the divisor holds a zero`, {
      hint: "Quotients by zero have no bounds; remove the node or the zeros.",
    });
  }
  return {};
}

/** Quotients of integers are cut toward zero, and so are casts. */
function truncated(t: TensorOps, a: Tensor, b: Tensor): Tensor {
  return t.cast(t.div(t.cast(a, "float"), t.cast(b, "float")), "int");
}
