import { defineOperator, type Operator, type RuleContext, type Tensor } from "@lirpa/core/plugin";
import { carryLogSumExp, logSumExp } from "./log-sum-exp.js";
import { reducedAxes } from "./reading.js";

interface ReduceLogSumExpAttributes {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

type Context = RuleContext<ReduceLogSumExpAttributes>;

/** log Σ exp(x) over axes. */
export const reduceLogSumExp: Operator = defineOperator({
  type: "ReduceLogSumExp",
  sinceVersion: 1,
  kind: "custom",
  inputs: ["data", "axes?"],
  attributes: (raw, context) => Object.freeze({ axes: reducedAxes(raw, context), keepDims: Number(raw["keepdims"] ?? 1) !== 0 }),
  forward: (context, x) => value(context, x),
  interval: (context, x) => ({ lower: value(context, x.lower), upper: value(context, x.upper) }),
  backward: ({ t, attributes: { axes } }, [outputs], [x]) => {
    const kept = x.lower.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
    const a = { lower: t.reshape(outputs.lower, kept), upper: t.reshape(outputs.upper, kept) };
    const { inputs, bias } = carryLogSumExp(t, a, x, axes);
    return { inputs: [inputs], bias };
  },
});

function value({ t, attributes: { axes, keepDims } }: Context, x: Tensor): Tensor {
  const kept = logSumExp(t, x, axes);
  return keepDims ? kept : t.reshape(kept, x.shape.filter((_, axis) => !axes.includes(axis)));
}
