import { defineOperator, type Operator, type RuleContext, type Shape, type Tensor } from "@lirpa/core/plugin";

/**
 * NumPy's matmul: matrices are the last two axes, the axes before them broadcast. A vector on the left is a row, on the
 * right a column; its axis of size one is not part of the output.
 */
export const matMul: Operator = defineOperator({
  type: "MatMul",
  sinceVersion: 1,
  kind: "bilinear",
  inputs: ["A", "B"],
  factors: ["A", "B"],
  forward: (context, a, b) => {
    const { left, right, output } = matrices(context, a, b);
    return output(context.t.matmul(left, right));
  },
  // Element [m, n] is the sum over k of left[m, k, 1] · right[1, k, n].
  terms: (context, a, b) => {
    const { t } = context;
    const { left, right, output } = matrices(context, a, b);
    return {
      left: t.reshape(left, [...left.shape, 1]),
      right: t.reshape(right, [...right.shape.slice(0, -2), 1, ...right.shape.slice(-2)]),
      sum: (products) => output(t.sum(products, [-2])),
    };
  },
});

function matrices(
  { t }: RuleContext<unknown>,
  a: Tensor,
  b: Tensor,
): { left: Tensor; right: Tensor; output: (product: Tensor) => Tensor } {
  const row = a.shape.length === 1;
  const column = b.shape.length === 1;
  return {
    left: row ? t.reshape(a, [1, ...a.shape]) : a,
    right: column ? t.reshape(b, [...b.shape, 1]) : b,
    output: (product) => (row || column ? t.reshape(product, withoutUnits(product.shape, row, column)) : product),
  };
}

function withoutUnits(shape: Shape, row: boolean, column: boolean): Shape {
  return [...shape.slice(0, -2), ...(row ? [] : shape.slice(-2, -1)), ...(column ? [] : shape.slice(-1))];
}
