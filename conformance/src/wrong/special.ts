import {
  defineOperator,
  type Interval,
  type Lines,
  type Operator,
  type Tensor,
  type TensorOps,
} from "@lirpa/core/plugin";
import type { WrongOperator } from "./wrong-operator.js";

type Range = (t: TensorOps, interval: Interval) => Interval;

/** A function by its values and a rule for intervals; its lines are the constant ones. */
const flat = (type: string, forward: (t: TensorOps, x: Tensor) => Tensor, range: Range): Operator =>
  defineOperator({
    type,
    domain: "wrong",
    sinceVersion: 1,
    kind: "elementwise",
    inputs: ["x"],
    forward: ({ t }, x) => forward(t, x),
    range: ({ t }, interval) => range(t, interval),
    relax: ({ t }, interval): Lines => {
      const { lower, upper } = range(t, interval);
      return { lower: { slope: 0, intercept: lower }, upper: { slope: 0, intercept: upper } };
    },
  });

const FAR = 1e30;
/** Boxes of the other laws keep away from zero. */
const rightOfZero = {
  inputs: [{ shape: [3], center: [0.5, 3], radius: 1, domain: [0.125, 1e4] }],
  points: [0],
} as const;

/** 1/x: the upper end asks which part is the longer before it asks whether there are two. */
const leftBeforeAround: Range = (t, { lower, upper }) => {
  const isLeft = t.less(upper, t.relu(t.neg(lower)));
  const isAround = t.and(t.lessEqual(lower, 0), t.greaterEqual(upper, 0));
  const near = t.max(t.where(isLeft, t.neg(upper), lower), 1 / FAR);
  const [least, most] = [t.reciprocal(t.max(t.abs(lower), t.abs(upper))), t.reciprocal(near)];
  return {
    lower: t.where(isAround, -FAR, t.where(isLeft, t.neg(most), least)),
    upper: t.where(isLeft, t.neg(least), t.where(isAround, FAR, most)),
  };
};

/** Mistakes at poles, jumps and ends of domains. */
export const wrongAtSpecialPoints: readonly WrongOperator[] = [
  {
    mistake: "the upper end around a pole is that of the left part where this is the longer one",
    law: "soundAtSpecialPoints",
    operator: flat("LeftBeforeAround", (t, x) => t.reciprocal(x), leftBeforeAround),
    example: rightOfZero,
    passes: ["containsSamples", "linesBracket", "everyMethodIsSound"],
  },
  {
    mistake: "the value at the jump is left out of intervals that end there",
    law: "soundAtSpecialPoints",
    operator: flat(
      "OpenJump",
      (t, x) => t.where(t.greaterEqual(x, 1), 1, 0),
      (t, { lower, upper }) => ({
        lower: t.where(t.greaterEqual(lower, 1), 1, 0),
        upper: t.where(t.greater(upper, 1), 1, 0),
      }),
    ),
    example: { inputs: [[3]], points: [1] },
  },
  {
    mistake: "the root of what an interval has left of zero is taken for that of its mirror image",
    law: "soundAtSpecialPoints",
    operator: flat(
      "RootOfAbs",
      (t, x) => t.sqrt(x),
      (t, { lower, upper }) => ({ lower: t.sqrt(t.abs(lower)), upper: t.sqrt(t.abs(upper)) }),
    ),
    example: rightOfZero,
    passes: ["containsSamples", "linesBracket"],
  },
];
