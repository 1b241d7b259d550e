import { LirpaError } from "../plugin/errors.js";
import type { ElementwiseOperator, Line, RelaxRule } from "../plugin/operator.js";
import type { Tensor } from "../plugin/tensor.js";
import { contextOf, type ResolvedNode } from "../graph/resolved.js";
import type { IrNode } from "../tensor/ir.js";
import { sameShape } from "../tensor/shapes.js";
import type { Vocabulary } from "../tensor/vocabulary.js";
import type { CoefficientPair, KindRules } from "./kind-rules.js";
import { checkParameters } from "./linear.js";
import { DEFAULT_LINES, wantedLines } from "./relaxation.js";
import type { BoundRun } from "./run.js";

/** Scalar functions, element by element: two lines bracket each; the sign of a coefficient says which one it meets. */
export const elementwiseRules: KindRules = {
  interval: (run, node, of) => {
    checkParameters(run, node);
    const operator = node.operator as ElementwiseOperator<unknown>;
    const { t } = run;
    const context = contextOf(node, t);
    const interval = of(node.inputs[0]!);
    const parameters = parametersOf(run, node);
    if (operator.monotone === undefined) {
      const { lower, upper } = operator.range!(context, interval, ...parameters);
      return [{ lower: t.node(lower), upper: t.node(upper) }];
    }
    const ends = [interval.lower, interval.upper].map((end) => t.node(operator.forward(context, end, ...parameters)));
    const [lower, upper] = operator.monotone === "increasing" ? ends : ends.reverse();
    return [{ lower: lower!, upper: upper! }];
  },
  backward: ({ run, outputs: [pair], boundsOf }, node) => {
    checkParameters(run, node);
    const { t } = run;
    const input = node.inputs[0]!;
    if (!sameShape(input.shape, node.outputs[0]!.shape)) {
      throw new LirpaError("LIRPA_PLUGIN", `[${node.plugin}] ${node.type} is called elementwise, but changes the shape (node ${node.name})`);
    }
    const lines = relaxRule(run, node)(contextOf(node, t), boundsOf(input), ...parametersOf(run, node));
    const below = sideOf(t, pair!.lower, lines.lower, lines.upper, input.shape);
    const above = sideOf(t, pair!.upper, lines.upper, lines.lower, input.shape);
    return {
      inputs: node.inputs.map((_, slot): CoefficientPair | undefined => (slot === 0 ? { lower: below.slope, upper: above.slope } : undefined)),
      bias: { lower: below.bias, upper: above.bias },
    };
  },
  forward: ({ run, formOf, boundsOf }, node) => {
    checkParameters(run, node);
    const { t } = run;
    const input = node.inputs[0]!;
    const lines = relaxRule(run, node, (node.operator as ElementwiseOperator<unknown>).forwardRelaxation)(contextOf(node, t), boundsOf(input), ...parametersOf(run, node));
    const { coefficients, bias } = formOf(input);
    return [{
      coefficients: new Map([...coefficients].map(([source, pair]) => [source, { lower: through(t, lines.lower, pair, "lower"), upper: through(t, lines.upper, pair, "upper") }])),
      bias: {
        lower: t.expand(t.add(through(t, lines.lower, bias, "lower"), lines.lower.intercept), input.shape),
        upper: t.expand(t.add(through(t, lines.upper, bias, "upper"), lines.upper.intercept), input.shape),
      },
    }];
  },
  isAffine: () => false,
};

/** A line's slope times the side of a pair that its sign asks for. */
function through(t: Vocabulary, { slope }: Line, pair: CoefficientPair, side: "lower" | "upper"): IrNode {
  if (pair.lower === pair.upper) return t.mul(slope, pair.lower);
  const [same, other] = side === "lower" ? [pair.lower, pair.upper] : [pair.upper, pair.lower];
  return t.add(t.mul(t.relu(slope), same), t.mul(t.min(slope, 0), other));
}

/** Coefficients a with a ≥ 0 take one line, the others the other one. Continuous in a: rounding flips nothing. */
function sideOf(t: Vocabulary, a: IrNode, positive: Line, negative: Line, shape: readonly number[]): { slope: IrNode; bias: IrNode } {
  const chooses = t.less(a, 0);
  const slope = t.mul(a, t.where(chooses, negative.slope, positive.slope));
  const intercept = (line: Line, part: IrNode): IrNode => t.dot(part, t.expand(line.intercept, shape));
  const bias = t.add(intercept(positive, t.relu(a)), intercept(negative, t.min(a, 0)));
  return { slope: t.expand(slope, shape), bias };
}

function parametersOf(run: BoundRun, node: ResolvedNode): (Tensor | undefined)[] {
  return node.inputs.slice(1).map((input) => (input === undefined ? undefined : run.exact(input)));
}

/** The lines that the query names, or those that the operator chooses. */
function relaxRule(run: BoundRun, node: ResolvedNode, own?: string): RelaxRule<unknown> {
  const operator = node.operator as ElementwiseOperator<unknown>;
  const wanted = wantedLines(run.options.relaxation, node.operator, own);
  return wanted === DEFAULT_LINES ? operator.relax.bind(operator) : operator.relaxations![wanted]!;
}
