import { defineOperator, type Operator, type Tensor, type TensorOps } from "@lirpa/core/plugin";
import { weights } from "../cases/make.js";
import type { WrongOperator } from "./wrong-operator.js";

const two = { inputs: [[3], [3]] } as const;
const wrong = { domain: "wrong", sinceVersion: 1 } as const;

/** Half of x, with rules of its own. */
const half = (type: string, upperFrom: "lower" | "upper", bias = 0): Operator =>
  defineOperator({
    type,
    ...wrong,
    kind: "custom",
    inputs: ["x"],
    forward: ({ t }, x) => t.mul(x, 0.5),
    interval: ({ t }, x) => ({ lower: t.mul(x.lower, 0.5), upper: t.mul(x.upper, 0.5) }),
    backward: ({ t }, [outputs]) => ({
      inputs: [{ lower: t.mul(outputs.lower, 0.5), upper: t.mul(outputs![upperFrom], 0.5) }],
      bias: { lower: t.full([], 0), upper: t.full([], bias) },
    }),
  });

/** A product with a matrix whose entries have both signs. */
const times = (type: string, magnitude: (t: TensorOps, x: Tensor, matrix: Tensor) => Tensor): Operator =>
  defineOperator({
    type,
    ...wrong,
    kind: "linear",
    inputs: ["x", "matrix"],
    forward: ({ t }, x, matrix) => t.matmul(x, matrix),
    magnitude: ({ t }, x, matrix) => magnitude(t, x, matrix),
  });
const timesExample = { inputs: [[1, 3], weights(3, 2)] } as const;

/** Operators that are not of the kind that they say. */
export const wrongKinds: readonly WrongOperator[] = [
  {
    mistake: "the upper bound is computed from the lower coefficients",
    law: "boundsPart",
    operator: half("UpperFromLower", "lower"),
    passes: ["containsSamples", "linesBracket", "exactAtPoints"],
  },
  {
    mistake: "the backward step adds a constant of the wrong sign",
    law: "linesBracket",
    operator: half("WrongConstant", "upper", -0.01),
    passes: ["containsSamples"],
  },
  {
    mistake: "the magnitude keeps the signs",
    law: "containsSamples",
    operator: times("SignedMagnitude", (t, x, matrix) => t.matmul(x, matrix)),
    example: timesExample,
    passes: ["linesBracket"],
  },
  {
    mistake: "the magnitude flips a sign",
    law: "containsSamples",
    operator: times("FlippedMagnitude", (t, x, matrix) => t.neg(t.matmul(x, t.abs(matrix)))),
    example: timesExample,
  },
  {
    mistake: "the magnitude is twice as large as it need be",
    law: "linearIsTight",
    operator: times("LooseMagnitude", (t, x, matrix) => t.mul(t.matmul(x, t.abs(matrix)), 2)),
    example: timesExample,
    passes: ["containsSamples", "linesBracket"],
  },
  {
    mistake: "a difference calls its coefficients nonnegative",
    law: "containsSamples",
    operator: defineOperator({
      type: "NonnegativeSub",
      ...wrong,
      kind: "linear",
      inputs: ["a", "b"],
      data: ["a", "b"],
      forward: ({ t }, a, b) => t.sub(a, b),
      nonnegative: true,
    }),
    example: two,
    passes: ["linesBracket"],
  },
  {
    mistake: "what bends calls itself linear",
    law: "linesBracket",
    operator: defineOperator({
      type: "LinearRelu",
      ...wrong,
      kind: "linear",
      inputs: ["x"],
      forward: ({ t }, x) => t.relu(x),
      nonnegative: true,
    }),
    passes: ["containsSamples"],
  },
  {
    mistake: "what has steps calls itself linear: its adjoint is zero",
    law: "exactAtPoints",
    operator: defineOperator({
      type: "LinearFloor",
      ...wrong,
      kind: "linear",
      inputs: ["x"],
      forward: ({ t }, x) => t.floor(x),
      nonnegative: true,
    }),
    passes: ["containsSamples"],
  },
  {
    mistake: "a linear rule lets no gradient through, from which its adjoint is made",
    law: "exactAtPoints",
    operator: defineOperator({
      type: "NoAdjoint",
      ...wrong,
      kind: "linear",
      inputs: ["x"],
      forward: ({ t }, x) => t.mul(t.stopGradient(x), 2),
      nonnegative: true,
    }),
  },
  {
    mistake: "a product has a negative coefficient",
    law: "linesBracket",
    operator: defineOperator({
      type: "NegativeProduct",
      ...wrong,
      kind: "bilinear",
      inputs: ["a", "b"],
      factors: ["a", "b"],
      forward: ({ t }, a, b) => t.neg(t.mul(a, b)),
      terms: ({ t }, a, b) => ({ left: t.neg(a), right: b, sum: (products) => products }),
    }),
    example: two,
  },
  {
    mistake: "the terms of a product do not add up to it",
    law: "containsSamples",
    operator: defineOperator({
      type: "HalfTheTerms",
      ...wrong,
      kind: "bilinear",
      inputs: ["a", "b"],
      factors: ["a", "b"],
      forward: ({ t }, a, b) => t.mul(a, b),
      terms: (context, a, b) => ({ left: a, right: b, sum: (products) => context.t.mul(products, 0.5) }),
    }),
    example: two,
    passes: ["linesBracket"],
  },
];
