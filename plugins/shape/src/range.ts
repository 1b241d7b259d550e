import { attributeError, defineOperator, hostSize, type Operator } from "@lirpa/core/plugin";
import { constantScalar } from "./reading.js";

const NAMES = ["start", "limit", "delta"] as const;

/** start, start + delta, … up to but not including limit; all three are constants. */
export const range: Operator = defineOperator({
  type: "Range",
  sinceVersion: 11,
  kind: "linear",
  inputs: [...NAMES],
  data: [],
  nonnegative: true,
  attributes: (_, context) => {
    const [start, limit, delta] = NAMES.map((name, input) => constantScalar(context, input, name));
    if (start === undefined || limit === undefined || delta === undefined || delta === 0) {
      throw attributeError(`${context.node}: the range from ${start} to ${limit} in steps of ${delta} does not exist`, {
        hint: "Start, limit and delta are required, and delta is not 0.",
      });
    }
    return Object.freeze({ start, delta, count: hostSize([Math.max(Math.ceil((limit - start) / delta), 0)], `${context.node}: the range`), dtype: context.constants[0]!.dtype });
  },
  forward: ({ t, attributes: { start, delta, count, dtype } }) =>
    t.constant({ shape: [count], dtype, data: Float64Array.from({ length: count }, (_, at) => start + at * delta) }),
});
