import type { Pair } from "../../plugin/pair.js";
import type { BackwardStep } from "../../plugin/operator.js";
import type { ResolvedNode, Value } from "../../graph/resolved.js";
import type { IrNode } from "../../tensor/ir.js";
import { overBox } from "../rows/over-box.js";
import type { ForwardContext, ForwardForm, KindRules, StepContext } from "../kind-rules.js";
import type { BoundRun } from "../run.js";
import { allBounded, choosePair, noCoefficients, standInFor } from "../unbounded.js";

/** Linear forms end at the sides of an interval. */
export function atInterval(
  run: BoundRun,
  node: ResolvedNode,
  outputs: StepContext["outputs"],
  intervals: readonly Pair<IrNode>[],
): BackwardStep<IrNode> {
  const { t } = run;
  const ends = outputs.flatMap((pair, i) => (pair === undefined ? [] : [overBox(run, pair, intervals[i]!)]));
  const zero = t.zeros([]);
  const sum = (a: Pair<IrNode>, b: Pair<IrNode>): Pair<IrNode> => ({
    lower: t.add(a.lower, b.lower),
    upper: t.add(a.upper, b.upper),
  });
  return { inputs: node.inputs.map(() => undefined), bias: ends.reduce(sum, { lower: zero, upper: zero }) };
}

/**
 * A backward step by planes, which are only asked for where every input of the node has both ends; in instances where
 * one has not, linear forms end at the node's interval.
 */
export function whereBounded(
  context: StepContext,
  node: ResolvedNode,
  rules: KindRules,
  step: (context: StepContext, node: ResolvedNode) => BackwardStep<IrNode>,
): BackwardStep<IrNode> {
  const { run, outputs, boundsOf } = context;
  if (!run.unbounded) return step(context, node);
  const { t } = run;
  const bounded = boundedInputs(run, node, boundsOf);
  const byPlanes = step({ ...context, boundsOf: standInFor(run, boundsOf) }, node);
  const intervals = rules
    .interval(run, node, boundsOf)
    .map((interval, i) => run.onOwnSides(node.outputs[i]!, interval));
  const ended = atInterval(run, node, outputs, intervals);
  return {
    inputs: byPlanes.inputs.map(
      (pair, slot) => pair && choosePair(t, bounded, pair, noCoefficients(t, node.inputs[slot]!)),
    ),
    bias: choosePair(t, bounded, byPlanes.bias, ended.bias),
  };
}

/** The same forward: where an input has no bounds, or its form has none, forms start again at the node's interval. */
export function whereFormsBounded(
  context: ForwardContext,
  node: ResolvedNode,
  rules: KindRules,
  step: (context: ForwardContext, node: ResolvedNode) => readonly ForwardForm[],
): readonly ForwardForm[] {
  const { run, formOf, boundsOf } = context;
  if (!run.unbounded) return step(context, node);
  const { t } = run;
  const biases = run.perturbedSlots(node).map((slot) => formOf(node.inputs[slot]!).bias);
  const bounded = t.and(boundedInputs(run, node, boundsOf), allBounded(t, biases));
  const intervals = rules
    .interval(run, node, boundsOf)
    .map((interval, i) => run.onOwnSides(node.outputs[i]!, interval));
  return step({ ...context, boundsOf: standInFor(run, boundsOf) }, node).map(
    ({ coefficients, bias }, i): ForwardForm => {
      const output = node.outputs[i]!;
      const kept = [...coefficients].map(([source, pair]): [Value, Pair<IrNode>] => [
        source,
        choosePair(t, bounded, pair, noCoefficients(t, output)),
      ]);
      return { coefficients: new Map(kept), bias: choosePair(t, bounded, bias, intervals[i]!) };
    },
  );
}

function boundedInputs(run: BoundRun, node: ResolvedNode, boundsOf: (value: Value) => Pair<IrNode>): IrNode {
  return allBounded(
    run.t,
    run.perturbedSlots(node).map((slot) => boundsOf(node.inputs[slot]!)),
  );
}
