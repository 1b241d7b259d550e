import { defineOperator, type Operator, type RuleContext, type Tensor, type TensorOps } from "@lirpa/core/plugin";
import type { IrNode, Vocabulary } from "@lirpa/core/recording";
import { weights } from "../cases/make.js";
import type { WrongOperator } from "./wrong-operator.js";

const wrong = { domain: "wrong", sinceVersion: 1 } as const;
const identity = { ...wrong, kind: "linear", inputs: ["x"], nonnegative: true } as const;

/** Reaches past the contract for what only core may say. */
export function overInstances(t: TensorOps, x: Tensor): Tensor {
  return (t as Vocabulary).sumHidden(x as IrNode, { instances: true, rows: false });
}

const elementwise = (type: string, forward: (t: TensorOps, x: Tensor) => Tensor): Operator =>
  defineOperator({
    type,
    ...wrong,
    kind: "elementwise",
    inputs: ["x"],
    monotone: "increasing",
    forward: ({ t }, x) => forward(t, x),
    relax: ({ t }, { lower, upper }) => ({
      lower: { slope: 0, intercept: forward(t, lower) },
      upper: { slope: 0, intercept: forward(t, upper) },
    }),
  });

let calls = 0;

/**
 * Rules that compute something else than their name says, are no pure functions of their arguments, or say something
 * else in another runtime.
 */
export const impure: readonly WrongOperator[] = [
  {
    mistake: "it is sound, but not the operator of its name",
    law: "computesOnnx",
    operator: defineOperator({ ...identity, type: "Neg", domain: "", forward: (_: unknown, x: Tensor) => x }),
    passes: ["containsSamples", "linesBracket", "exactAtPoints"],
  },
  {
    mistake: "an interval adds up over instances",
    law: "instancesAreApart",
    operator: defineOperator({
      type: "MixesInstances",
      ...wrong,
      kind: "elementwise",
      inputs: ["x"],
      forward: ({ t }, x) => t.add(x, 0),
      range: ({ t }, { lower, upper }) => ({
        lower: t.sub(lower, t.abs(overInstances(t, t.sub(upper, lower)))),
        upper,
      }),
      relax: () => ({ lower: { slope: 1, intercept: 0 }, upper: { slope: 1, intercept: 0 } }),
    }),
    passes: ["containsSamples", "linesBracket"],
  },
  {
    mistake: "forward looks whether its input is a constant",
    law: "sameOnConstants",
    operator: defineOperator({
      type: "ReadsConstants",
      ...identity,
      forward: ({ t }: RuleContext<unknown>, x: Tensor) => (t.constantValue(x) === undefined ? x : t.mul(x, 2)),
    }),
    passes: ["containsSamples", "linesBracket"],
  },
  {
    mistake: "a rule counts its calls",
    law: "recordsTheSame",
    operator: defineOperator({
      type: "CountsCalls",
      ...wrong,
      kind: "elementwise",
      inputs: ["x"],
      monotone: "increasing",
      forward: ({ t }, x) => t.add(x, 0),
      relax: ({ t }, { lower }) => ({
        lower: { slope: 1, intercept: 0 },
        upper: { slope: 1, intercept: t.mul(t.abs(lower), 0.001 * ++calls) },
      }),
    }),
    passes: ["containsSamples", "linesBracket"],
  },
  {
    mistake: "deriving negates a constant in place",
    law: "inputsUntouched",
    operator: defineOperator({
      type: "WritesConstants",
      ...identity,
      inputs: ["x", "w"],
      derive: (_, { constants }) => {
        const { data } = constants[1]!;
        data[0] = -data[0]!;
        return {};
      },
      forward: (_: unknown, x: Tensor) => x,
    }),
    example: { inputs: [[3], weights(3)] },
  },
  {
    mistake: "no gradient flows through forward",
    law: "gradientsAgree",
    operator: elementwise("NoGradient", (t, x) => t.mul(t.stopGradient(x), 2)),
    passes: ["containsSamples", "linesBracket"],
  },
  {
    mistake: "what float64 keeps cancels in float32",
    law: "runtimesAgree",
    operator: elementwise("Cancels", (t, x) => t.sub(t.add(t.mul(x, 1.1), 2 ** 22), 2 ** 22)),
    example: { inputs: [[3]], tolerance: 1e-8 },
    passes: ["containsSamples", "linesBracket"],
  },
];
