import {
  defineOperator,
  readTrueReduction,
  reducedShape,
  reductionAttributes,
  type Operator,
  type Reduction,
  type RuleContext,
  type Tensor,
} from "@lirpa/core/plugin";
import { carryLogSumExp, logSumExp } from "./log-sum-exp.js";

type Context = RuleContext<Reduction>;

/** log Σ exp(x) over axes. */
export const reduceLogSumExp: Operator = defineOperator({
  type: "ReduceLogSumExp",
  sinceVersion: 1,
  kind: "custom",
  inputs: ["data", "axes?"],
  attributes: reductionAttributes,
  derive: readTrueReduction,
  forward: (context, x) => value(context, x),
  interval: (context, x) => ({ lower: value(context, x.lower), upper: value(context, x.upper) }),
  backward: ({ t, attributes: { axes } }, [outputs], [x]) => {
    const kept = reducedShape(x.lower.shape, axes, true);
    const a = { lower: t.reshape(outputs.lower, kept), upper: t.reshape(outputs.upper, kept) };
    const { inputs, bias } = carryLogSumExp(t, a, x, axes);
    return { inputs: [inputs], bias };
  },
});

function value({ t, attributes: { axes, keepDims } }: Context, x: Tensor): Tensor {
  const kept = logSumExp(t, x, axes);
  return keepDims ? kept : t.reshape(kept, reducedShape(x.shape, axes, false));
}
