import { defineOperator, type Operator } from "@lirpa/core/plugin";
import type { Extremum } from "./extremum.js";
import { maximum, minimum } from "./kinds-of-extremum.js";

/**
 * The extremum of a and b, given once more as a sum that linear forms are carried through. Its interval is as good as
 * that of the sum, which knows what a and b have in common, and as that of a and b, which knows the extremum.
 */
function extremumOfTwo({ ofTwo, of }: Extremum): Operator {
  return defineOperator<undefined>({
    type: ofTwo,
    domain: "lirpa",
    sinceVersion: 1,
    kind: "custom",
    inputs: ["sum", "a", "b"],
    forward: ({ t }, _sum, a, b) => of(t, a!, b!),
    interval: ({ t }, sum, a, b) => ({
      lower: t.max(sum!.lower, of(t, a!.lower, b!.lower)),
      upper: t.min(sum!.upper, of(t, a!.upper, b!.upper)),
    }),
    backward: ({ t }, [outputs]) => ({
      inputs: [outputs, undefined, undefined],
      bias: { lower: t.zeros([]), upper: t.zeros([]) },
    }),
  });
}

export const greatest: Operator = extremumOfTwo(maximum);
export const least: Operator = extremumOfTwo(minimum);
