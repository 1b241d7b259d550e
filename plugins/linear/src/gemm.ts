import {
  defineOperator,
  flag,
  float,
  type Operator,
  type RawAttributes,
  type RuleContext,
  type Subgraph,
  type Tensor,
  type TensorOps,
} from "@lirpa/core/plugin";

interface GemmAttributes {
  readonly alpha: number;
  readonly beta: number;
  readonly transA: boolean;
  readonly transB: boolean;
}

/** alpha · A′ B′ + beta · C on matrices, where ′ transposes if the attribute says so. */
export const gemm: Operator = defineOperator({
  type: "Gemm",
  sinceVersion: 7,
  kind: "bilinear",
  inputs: ["A", "B", "C?"],
  factors: ["A", "B"],
  additive: ["C"],
  attributes: { alpha: float(1), beta: float(1), transA: flag(false), transB: flag(false) },
  // A bilinear rule has no negative coefficients: scales other than one become factors of their own.
  expand: (attributes, { shapes }) => {
    const hasC = shapes[2] !== undefined;
    return attributes.alpha === 1 && (attributes.beta === 1 || !hasC) ? undefined : scaled(attributes, hasC);
  },
  forward: (context, a, b, c) => {
    const { t } = context;
    const [left, right] = factors(context, a, b);
    const product = t.matmul(left, right);
    return c === undefined ? product : t.add(product, c);
  },
  // Element [m, n] is the sum over k of left[m, k, 1] · right[1, k, n].
  terms: (context, a, b) => {
    const { t } = context;
    const [left, right] = factors(context, a, b);
    return {
      left: t.reshape(left, [...left.shape, 1]),
      right: t.reshape(right, [1, ...right.shape]),
      sum: (products) => t.sum(products, [1]),
    };
  },
});

function factors({ t, attributes }: RuleContext<GemmAttributes>, a: Tensor, b: Tensor): [Tensor, Tensor] {
  return [transposed(t, a, attributes.transA), transposed(t, b, attributes.transB)];
}

function transposed(t: TensorOps, x: Tensor, yes: boolean): Tensor {
  return yes ? t.transpose(x, [1, 0]) : x;
}

function scaled({ alpha, beta, transA, transB }: GemmAttributes, hasC: boolean): Subgraph {
  const scalar = (value: number) => ({ shape: [], dtype: "float" as const, data: Float64Array.of(value) });
  const attributes: RawAttributes = { transA: Number(transA), transB: Number(transB) };
  return {
    constants: { alpha: scalar(alpha), beta: scalar(beta) },
    nodes: [
      { name: "scaleA", type: "Mul", inputs: ["inputs.0", "alpha"], outputs: ["a"] },
      ...(hasC ? [{ name: "scaleC", type: "Mul", inputs: ["inputs.2", "beta"], outputs: ["c"] }] : []),
      {
        name: "product",
        type: "Gemm",
        inputs: ["a", "inputs.1", ...(hasC ? ["c"] : [])],
        outputs: ["outputs.0"],
        attributes,
      },
    ],
  };
}
