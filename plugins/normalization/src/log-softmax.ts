import {
  axisOf,
  defineOperator,
  int,
  sizeOf,
  sizesOf,
  type Operator,
  type RuleContext,
  type Tensor,
  type TensorOps,
} from "@lirpa/core/plugin";
import { carryLogSumExp, logSoftmaxOf, logSumExpOfOthers } from "./log-sum-exp.js";

interface LogSoftmaxAttributes {
  readonly axes: readonly number[];
}

type Context = RuleContext<LogSoftmaxAttributes>;

/**
 * x − log Σ exp(x). Elements share one log-sum-exp: of their coefficients only the sum meets its planes.
 */
export const logSoftmax: Operator = defineOperator({
  type: "LogSoftmax",
  sinceVersion: 1,
  kind: "custom",
  inputs: ["input"],
  attributes: { axis: int().optional() },
  // One axis since opset 13, by default the last; before, all axes from one on, by default 1.
  derive: ({ axis }, { node, opset, shapes: [x] }) => {
    const first = axisOf(node, axis ?? (opset >= 13 ? -1 : 1), x.length);
    return { axes: opset >= 13 ? [first] : [...x.keys()].slice(first) };
  },
  forward: ({ t, attributes: { axes } }, x) => logSoftmaxOf(t, x, axes),
  // −log(1 + Σ_{j≠i} exp(x_j − x_i)) rises in x_i and falls in every other element: exact ends.
  interval: (context, x) => ({ lower: end(context, x.lower, x.upper), upper: end(context, x.upper, x.lower) }),
  backward: ({ t, attributes: { axes } }, [outputs], [x]) => {
    const shared = (a: Tensor): Tensor => t.neg(t.sum(a, axes, true));
    const { inputs, bias } = carryLogSumExp(t, { lower: shared(outputs.lower), upper: shared(outputs.upper) }, x, axes);
    return { inputs: [{ lower: t.add(outputs.lower, inputs.lower), upper: t.add(outputs.upper, inputs.upper) }], bias };
  },
});

/**
 * The log-softmax of one element's end against the other ends of all others. Only differences of elements count: all of
 * them are taken from the greatest one on, where float32 has the digits to tell them apart.
 */
function end({ t, attributes: { axes } }: Context, own: Tensor, others: Tensor): Tensor {
  if (sizeOf(sizesOf(own.shape, axes)) === 1) return t.zeros(own.shape);
  const origin = t.stopGradient(t.reduceMax(t.max(own, others), axes, true));
  return t.neg(softplus(t, t.sub(logSumExpOfOthers(t, t.sub(others, origin), axes), t.sub(own, origin))));
}

function softplus(t: TensorOps, x: Tensor): Tensor {
  return t.add(t.relu(x), t.log(t.add(1, t.exp(t.neg(t.abs(x))))));
}
