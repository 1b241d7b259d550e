import { attributeError, defineOperator, float, hostSize, type Operator } from "@lirpa/core/plugin";

/** start, start + delta, … up to but not including limit; all three are constants. */
export const range: Operator = defineOperator({
  type: "Range",
  sinceVersion: 11,
  kind: "linear",
  inputs: ["start", "limit", "delta"],
  data: [],
  nonnegative: true,
  attributes: { start: float().fromInput(), limit: float().fromInput(), delta: float().fromInput() },
  derive: ({ start, limit, delta }, { node, constants }) => {
    if (delta === 0) {
      throw attributeError(`${node}: the range from ${start} to ${limit} in steps of 0 does not exist`, {
        hint: "delta is not 0.",
      });
    }
    const count = hostSize([Math.max(Math.ceil((limit - start) / delta), 0)], `${node}: the range`);
    return { start, delta, count, dtype: constants[0]?.dtype ?? "float" };
  },
  forward: ({ t, attributes: { start, delta, count, dtype } }) =>
    t.constant({ shape: [count], dtype, data: Float64Array.from({ length: count }, (_, at) => start + at * delta) }),
});
