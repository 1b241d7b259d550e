import type { CustomOperator, Interval } from "../plugin/operator.js";
import { contextOf } from "../graph/resolved.js";
import type { KindRules } from "./kind-rules.js";
import type { NodeInterval } from "./run.js";

/** Operators that write their own rules. */
export const customRules: KindRules = {
  interval: (run, node, of) => {
    const operator = node.operator as CustomOperator<unknown>;
    const result = operator.interval(contextOf(node, run.t), ...run.inputIntervals(node, of));
    const list: readonly Interval[] = Array.isArray(result) ? result : [result as Interval];
    return list.map(({ lower, upper }): NodeInterval => ({ lower: run.t.node(lower), upper: run.t.node(upper) }));
  },
  backward: ({ run, outputs, boundsOf }, node) => {
    const operator = node.operator as CustomOperator<unknown>;
    const { t } = run;
    const intervals = run.inputIntervals(node, (value) => {
      const bounds = boundsOf(value);
      const [lower, upper] = t.outward(bounds.lower, bounds.upper);
      return { lower, upper };
    });
    const { inputs, bias } = operator.backward(contextOf(node, t), outputs, intervals);
    return {
      inputs: inputs.map((pair) => (pair === undefined ? undefined : { lower: t.node(pair.lower), upper: t.node(pair.upper) })),
      bias: { lower: t.node(bias.lower), upper: t.node(bias.upper) },
    };
  },
  isAffine: () => false,
};
