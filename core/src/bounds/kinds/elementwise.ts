import { LirpaError } from "../../plugin/errors.js";
import type { ElementwiseOperator, Line, Lines, RelaxRule } from "../../plugin/operator.js";
import type { Tensor } from "../../plugin/tensor.js";
import type { Pair, Side } from "../../plugin/pair.js";
import { contextOf, type ResolvedNode, type Value } from "../../graph/resolved.js";
import type { IrNode } from "../../tensor/ir.js";
import { sameShape } from "../../tensor/shapes.js";
import type { Vocabulary } from "../../tensor/vocabulary.js";
import type { KindRules } from "../kind-rules.js";
import { checkPerturbed } from "./inputs.js";
import { chosenLines } from "../relaxation.js";
import type { BoundRun } from "../run.js";
import { choosePair, dotBounds, isBounded, mulBounds, standIn } from "../unbounded.js";

type Pass = "backward" | "forward";

/** Scalar functions, element by element: two lines bracket each; the sign of a coefficient says which one it meets. */
export const elementwiseRules: KindRules = {
  interval: (run, node, of) => {
    checkPerturbed(run, node);
    const operator = node.operator as ElementwiseOperator<unknown>;
    const { t } = run;
    const context = contextOf(node, t);
    const interval = of(node.inputs[0]!);
    const parameters = parametersOf(run, node);
    if (operator.monotone === undefined) {
      const range = (of: Pair<IrNode>): Pair<IrNode> => {
        const { lower, upper } = operator.range!(context, of, ...parameters);
        return { lower: t.node(lower), upper: t.node(upper) };
      };
      if (!run.unbounded || operator.takesUnbounded === true) return [range(interval)];
      return [choosePair(t, isBounded(t, interval), range(standIn(t, interval)), unboundedOf(t))];
    }
    const ends = [interval.lower, interval.upper].map((end) => t.node(operator.forward(context, end, ...parameters)));
    const [lower, upper] = operator.monotone === "increasing" ? ends : ends.reverse();
    return [{ lower: lower!, upper: upper! }];
  },
  backward: ({ run, outputs: [pair], boundsOf }, node) => {
    checkPerturbed(run, node);
    const input = node.inputs[0]!;
    if (!sameShape(input.shape, node.outputs[0]!.shape)) {
      throw new LirpaError(
        "LIRPA_PLUGIN",
        `[${node.plugin}] ${node.type} is called elementwise, but changes the shape (node ${node.name})`,
      );
    }
    const lines = linesOf(run, node, boundsOf, "backward");
    const below = throughLines(run, pair!.lower, lines, "lower", input.shape);
    const above = throughLines(run, pair!.upper, lines, "upper", input.shape);
    return {
      inputs: node.inputs.map((_, slot): Pair<IrNode> | undefined =>
        slot === 0 ? { lower: below.slope, upper: above.slope } : undefined,
      ),
      bias: { lower: below.bias, upper: above.bias },
    };
  },
  forward: ({ run, formOf, boundsOf }, node) => {
    checkPerturbed(run, node);
    const { t } = run;
    const input = node.inputs[0]!;
    const lines = linesOf(run, node, boundsOf, "forward");
    const { coefficients, bias } = formOf(input);
    return [
      {
        coefficients: new Map(
          [...coefficients].map(([source, pair]) => [
            source,
            { lower: lineTimes(run, lines.lower, pair, "lower"), upper: lineTimes(run, lines.upper, pair, "upper") },
          ]),
        ),
        bias: {
          lower: t.expand(t.add(lineTimes(run, lines.lower, bias, "lower"), lines.lower.intercept), input.shape),
          upper: t.expand(t.add(lineTimes(run, lines.upper, bias, "upper"), lines.upper.intercept), input.shape),
        },
      },
    ];
  },
  isAffine: () => false,
};

/** A line's slope times the side of a pair that its sign asks for. */
function lineTimes(run: BoundRun, { slope }: Line, pair: Pair<IrNode>, side: Side): IrNode {
  const { t } = run;
  const times = (x: IrNode, y: IrNode): IrNode => (run.unbounded ? mulBounds(t, x, y) : t.mul(x, y));
  if (pair.lower === pair.upper) return times(t.node(slope), pair.lower);
  const [same, other] = side === "lower" ? [pair.lower, pair.upper] : [pair.upper, pair.lower];
  return t.add(times(t.relu(slope), same), times(t.min(slope, 0), other));
}

/** Coefficients a with a ≥ 0 take one line, the others the other one. Continuous in a: rounding flips nothing. */
function throughLines(
  run: BoundRun,
  a: IrNode,
  lines: Lines,
  side: Side,
  shape: readonly number[],
): { slope: IrNode; bias: IrNode } {
  const [positive, negative] = side === "lower" ? [lines.lower, lines.upper] : [lines.upper, lines.lower];
  const { t } = run;
  const chooses = t.less(a, 0);
  const slope = t.mul(a, t.where(chooses, negative.slope, positive.slope));
  const intercept = (line: Line, part: IrNode): IrNode => {
    const all = t.expand(line.intercept, shape);
    return run.unbounded ? dotBounds(t, part, all, side) : t.dot(part, all);
  };
  const bias = t.add(intercept(positive, t.relu(a)), intercept(negative, t.min(a, 0)));
  return { slope: t.expand(slope, shape), bias };
}

function parametersOf(run: BoundRun, node: ResolvedNode): (Tensor | undefined)[] {
  return node.inputs.slice(1).map((input) => (input === undefined ? undefined : run.exact(input)));
}

/**
 * The lines around a node's function. Rules are asked for them on intervals with both ends only; where an end is
 * missing the lines are flat, at the ends of the function's own range there, as far as it has any.
 */
function linesOf(run: BoundRun, node: ResolvedNode, boundsOf: (value: Value) => Pair<IrNode>, pass: Pass): Lines {
  const { t } = run;
  const interval = boundsOf(node.inputs[0]!);
  const rule = relaxRule(run, node, pass);
  const parameters = parametersOf(run, node);
  if (!run.unbounded) return rule(contextOf(node, t), interval, ...parameters);
  const bounded = isBounded(t, interval);
  const lines = rule(contextOf(node, t), standIn(t, interval), ...parameters);
  const range = run.onOwnSides(node.outputs[0]!, elementwiseRules.interval(run, node, boundsOf)[0]!);
  const side = ({ slope, intercept }: Line, end: IrNode): Line => ({
    slope: t.where(bounded, slope, 0),
    intercept: t.where(bounded, intercept, end),
  });
  return { lower: side(lines.lower, range.lower), upper: side(lines.upper, range.upper) };
}

/** No bound at all. */
function unboundedOf(t: Vocabulary): Pair<IrNode> {
  return { lower: t.full([], -Infinity), upper: t.full([], Infinity) };
}

/** The lines that the query names, or those that the operator takes by default. */
function relaxRule(run: BoundRun, node: ResolvedNode, pass: Pass): RelaxRule<unknown> {
  const operator = node.operator as ElementwiseOperator<unknown>;
  if (typeof operator.relax === "function") return operator.relax;
  return chosenLines(run.options.relaxation, node.operator, operator.relax, pass);
}
