import {
  defineOperator,
  type ElementwiseOperator,
  type Operator,
  type RelaxRule,
  type Tensor,
  type TensorOps,
} from "@lirpa/core/plugin";
import type { WrongOperator } from "./wrong-operator.js";

type Relax = RelaxRule<unknown>;

const bend = (
  type: string,
  relax: ElementwiseOperator<unknown>["relax"],
  more: Partial<ElementwiseOperator<unknown>> = {},
): Operator =>
  defineOperator({
    type,
    domain: "wrong",
    sinceVersion: 1,
    kind: "elementwise",
    inputs: ["x"],
    forward: ({ t }, x) => t.relu(x),
    monotone: "increasing",
    relax,
    ...more,
  });
const square = (type: string, more: Partial<ElementwiseOperator<unknown>>): Operator =>
  defineOperator({
    type,
    domain: "wrong",
    sinceVersion: 1,
    kind: "elementwise",
    inputs: ["x"],
    forward: ({ t }, x) => t.mul(x, x),
    range: squareRange,
    relax: squareLines,
    ...more,
  });

const squareRange: NonNullable<ElementwiseOperator<unknown>["range"]> = ({ t }, { lower, upper }) => ({
  lower: t.max(t.square(t.relu(lower)), t.square(t.min(upper, 0))),
  upper: t.max(t.square(lower), t.square(upper)),
});
const squareLines: Relax = ({ t }, { lower, upper }) => {
  const at = t.mul(t.add(lower, upper), 0.5);
  return {
    lower: { slope: t.mul(at, 2), intercept: t.neg(t.square(at)) },
    upper: { slope: t.add(lower, upper), intercept: t.neg(t.mul(lower, upper)) },
  };
};

/** The chord of max(x, 0), as it should be. */
function chord(t: TensorOps, lower: Tensor, upper: Tensor): { slope: Tensor; intercept: Tensor } {
  const [below, above] = [t.min(lower, 0), t.relu(upper)];
  const slope = t.div(above, t.max(t.sub(above, below), 1e-30));
  return { slope, intercept: t.neg(t.mul(slope, below)) };
}
/** A slope that is sound below. */
const stable = (t: TensorOps, lower: Tensor): Tensor => t.where(t.greaterEqual(lower, 0), 1, 0);
const lowerLine = (t: TensorOps, lower: Tensor) => ({ slope: stable(t, lower), intercept: 0 });

/** Lines that do not bracket, and intervals that do not contain. */
export const wrongLines: readonly WrongOperator[] = [
  {
    mistake: "the upper line is lowered by a tenth",
    law: "linesBracket",
    operator: bend("UpperLineLowered", ({ t }, { lower, upper }) => {
      const { slope, intercept } = chord(t, lower, upper);
      return { lower: lowerLine(t, lower), upper: { slope, intercept: t.mul(intercept, 0.9) } };
    }),
    passes: ["containsSamples"],
  },
  {
    mistake: "the lower slope is too large",
    law: "linesBracket",
    operator: bend("LowerSlopeTooLarge", ({ t }, { lower, upper }) => ({
      lower: { slope: t.mul(stable(t, lower), 1.1), intercept: 0 },
      upper: chord(t, lower, upper),
    })),
  },
  {
    mistake: "the upper line has no bias",
    law: "linesBracket",
    operator: bend("MissingBias", ({ t }, { lower, upper }) => ({
      lower: lowerLine(t, lower),
      upper: { slope: chord(t, lower, upper).slope, intercept: 0 },
    })),
  },
  {
    mistake: "the upper line is too steep, through the right end",
    law: "linesHoldAtPoints",
    operator: bend("TooSteep", ({ t }, { lower, upper }) => {
      const { slope } = chord(t, lower, upper);
      return {
        lower: lowerLine(t, lower),
        upper: { slope: t.mul(slope, 1.2), intercept: t.sub(t.relu(upper), t.mul(t.mul(slope, 1.2), upper)) },
      };
    }),
    passes: ["linesBracket", "exactAtPoints"],
  },
  {
    mistake: "the chord of a convex function is taken as its lower line",
    law: "linesBracket",
    operator: square("ChordBelow", {
      relax: (context, interval) => ({
        lower: squareLines(context, interval).upper,
        upper: squareLines(context, interval).upper,
      }),
    }),
  },
  {
    mistake: "a relaxation that queries may ask for is wrong, the default one is right",
    law: "namedLinesBracket",
    operator: bend("WrongUnderAName", {
      lines: {
        right: ({ t }, { lower, upper }) => ({ lower: lowerLine(t, lower), upper: chord(t, lower, upper) }),
        one: ({ t }, { lower }) => ({
          lower: lowerLine(t, lower),
          upper: { slope: 1, intercept: t.neg(t.min(lower, 0)) },
        }),
        steep: ({ t }, { lower, upper }) => ({ lower: { slope: 1, intercept: 0.1 }, upper: chord(t, lower, upper) }),
      },
      default: "right",
    }),
    passes: ["linesBracket"],
  },
  {
    mistake: "the range of a free slope is too wide",
    law: "freeChoicesAreSound",
    operator: bend("FreeRangeTooWide", ({ t }, { lower, upper }) => ({
      lower: { slope: t.free(stable(t, lower), 0, 1.2), intercept: 0 },
      upper: chord(t, lower, upper),
    })),
    passes: ["linesBracket"],
  },
  {
    mistake: "the default of a free slope is none of its range",
    law: "defaultIsOffered",
    operator: bend("DefaultNotOffered", ({ t }, { lower, upper }) => {
      const slope = stable(t, lower);
      return {
        lower: { slope: t.free(slope, t.mul(t.add(slope, 1), 0.5), 1), intercept: 0 },
        upper: chord(t, lower, upper),
      };
    }),
    passes: ["linesBracket"],
  },
  {
    mistake: "the chord divides by zero where the interval is a point",
    law: "finite",
    operator: square("ChordOfAPoint", {
      relax: (context, interval) => {
        const { t } = context;
        const { lower, upper } = interval;
        const slope = t.div(t.sub(t.square(upper), t.square(lower)), t.sub(upper, lower));
        return {
          lower: squareLines(context, interval).lower,
          upper: { slope, intercept: t.sub(t.square(lower), t.mul(slope, lower)) },
        };
      },
    }),
  },
  {
    mistake: "the lines hold only while the bounds are as narrow as those that were tried",
    law: "widerBoundsAreSound",
    operator: bend("NarrowOnly", ({ t }, { lower, upper }) => {
      const { slope } = chord(t, lower, upper);
      return {
        lower: lowerLine(t, lower),
        upper: { slope, intercept: t.neg(t.mul(slope, t.max(t.min(lower, 0), -0.5))) },
      };
    }),
    example: { inputs: [{ shape: [3], center: [0, 0], radius: 0.5, domain: [-0.5, 0.5] }] },
    passes: ["linesBracket"],
  },
  {
    mistake: "the chord has a wrong slope, and is moved until it is sound",
    law: "linesAreWorthwhile",
    operator: square("MovedChord", {
      relax: (context, interval) => {
        const { t } = context;
        const { lower, upper } = interval;
        const slope = t.mul(t.sub(upper, lower), 4);
        const intercept = t.max(
          t.sub(t.square(lower), t.mul(slope, lower)),
          t.sub(t.square(upper), t.mul(slope, upper)),
        );
        return { lower: squareLines(context, interval).lower, upper: { slope, intercept } };
      },
    }),
    passes: ["containsSamples", "linesBracket", "exactAtPoints"],
  },
  {
    mistake: "it calls itself stable where it bends",
    law: "stableMeansExact",
    operator: bend(
      "StableEverywhere",
      ({ t }, { lower, upper }) => ({ lower: lowerLine(t, lower), upper: chord(t, lower, upper) }),
      {
        stable: ({ t }, { upper }) => t.greater(upper, 0),
      },
    ),
  },
  {
    mistake: "|x| calls itself increasing",
    law: "containsSamples",
    operator: defineOperator({
      type: "IncreasingAbs",
      domain: "wrong",
      sinceVersion: 1,
      kind: "elementwise",
      inputs: ["x"],
      monotone: "increasing",
      forward: ({ t }, x) => t.abs(x),
      relax: ({ t }, { lower, upper }) => ({
        lower: { slope: 0, intercept: 0 },
        upper: { slope: 0, intercept: t.max(t.abs(lower), t.abs(upper)) },
      }),
    }),
  },
  {
    mistake: "the range ignores the extremum within",
    law: "containsSamples",
    operator: square("RangeOfTheEnds", {
      range: ({ t }, { lower, upper }) => ({
        lower: t.min(t.square(lower), t.square(upper)),
        upper: t.max(t.square(lower), t.square(upper)),
      }),
    }),
    passes: ["linesBracket"],
  },
  {
    mistake: "the constant of a line is a small difference of large numbers",
    law: "soundInFloat32",
    operator: defineOperator({
      type: "ConstantThatCancels",
      domain: "wrong",
      sinceVersion: 1,
      kind: "elementwise",
      inputs: ["x"],
      monotone: "increasing",
      forward: ({ t }, x) => t.sigmoid(x),
      relax: ({ t }, { lower, upper }) => {
        const at = (end: Tensor): Tensor => t.sub(t.add(t.sigmoid(end), end), end);
        return { lower: { slope: 0, intercept: at(lower) }, upper: { slope: 0, intercept: at(upper) } };
      },
    }),
    passes: ["linesBracket", "containsSamples", "everyMethodIsSound"],
  },
  {
    mistake: "a maximum is taken as one operand plus what the other one is ahead",
    law: "soundInFloat32",
    operator: defineOperator({
      type: "MaximumByDifference",
      domain: "wrong",
      sinceVersion: 1,
      kind: "custom",
      inputs: ["a", "b"],
      forward: ({ t }, a, b) => t.max(a, b),
      interval: ({ t }, a, b) => ({
        lower: t.add(a.lower, t.relu(t.sub(b.lower, a.lower))),
        upper: t.add(a.upper, t.relu(t.sub(b.upper, a.upper))),
      }),
    }),
    example: { inputs: [[3], [3]] },
    passes: ["containsSamples", "runtimesAgree"],
  },
  {
    mistake: "the range is looser for narrower intervals",
    law: "smallerIsNotLooser",
    operator: square("LooserWhenNarrow", {
      range: (context, interval) => {
        const { t } = context;
        const { lower, upper } = squareRange(context, interval);
        return { lower: t.sub(lower, t.reciprocal(t.add(t.sub(interval.upper, interval.lower), 0.5))), upper };
      },
    }),
    passes: ["containsSamples"],
  },
  {
    mistake: "a square's range is that of a product of two numbers that know nothing of each other",
    law: "rangeIsTight",
    operator: square("RangeOfAProduct", {
      range: ({ t }, { lower, upper }) => {
        const ends = [t.square(lower), t.mul(lower, upper), t.square(upper)] as const;
        return { lower: t.min(t.min(ends[0], ends[1]), ends[2]), upper: t.max(ends[0], ends[2]) };
      },
    }),
    passes: [
      "containsSamples",
      "linesBracket",
      "exactAtPoints",
      "smallerIsNotLooser",
      "linesAreWorthwhile",
      "linesTouch",
    ],
  },
  {
    mistake: "the tangent of a square is moved away from it where the interval is wide",
    law: "linesTouch",
    operator: square("TangentMovedAway", {
      relax: (context, interval) => {
        const { t } = context;
        const { lower, upper } = squareLines(context, interval);
        const away = t.mul(t.square(t.sub(interval.upper, interval.lower)), 0.01);
        return { lower: { ...lower, intercept: t.sub(lower.intercept, away) }, upper };
      },
    }),
    passes: ["linesBracket", "exactAtPoints", "linesAreWorthwhile", "rangeIsTight"],
  },
  {
    mistake: "the lines of another name are the constants of a range twice as wide",
    law: "linesTouch",
    operator: square("WideUnderAName", {
      relax: {
        lines: {
          right: squareLines,
          flat: ({ t }, { lower, upper }) => {
            const [least, most] = [t.neg(t.square(t.sub(upper, lower))), t.max(t.square(lower), t.square(upper))];
            return { lower: { slope: 0, intercept: least }, upper: { slope: 0, intercept: most } };
          },
        },
        default: "right",
      },
    }),
    passes: ["namedLinesBracket", "linesBracket"],
  },
  {
    mistake: "the lines that forward passes are given are wrong",
    law: "everyMethodIsSound",
    operator: bend("WrongForward", {
      lines: {
        right: ({ t }, { lower, upper }) => ({ lower: lowerLine(t, lower), upper: chord(t, lower, upper) }),
        steep: ({ t }, { lower, upper }) => ({ lower: { slope: 1, intercept: 0.1 }, upper: chord(t, lower, upper) }),
      },
      default: "right",
      forward: "steep",
    }),
    passes: ["containsSamples", "linesBracket", "boundsPart", "finite", "exactAtPoints"],
  },
];
