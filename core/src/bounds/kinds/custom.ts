import type { BackwardStep, CustomOperator, Interval } from "../../plugin/operator.js";
import type { Shape } from "../../plugin/tensor.js";
import type { Pair } from "../../plugin/pair.js";
import { contextOf, type ResolvedNode, type Value } from "../../graph/resolved.js";
import type { IrNode } from "../../tensor/ir.js";
import { sizeOf } from "../../tensor/shapes.js";
import type { Vocabulary } from "../../tensor/vocabulary.js";
import { columns, fromColumns } from "../rows/columns.js";
import type { ForwardContext, ForwardForm, KindRules, StepContext } from "../kind-rules.js";
import { allElements } from "../rows/all-elements.js";
import type { BoundRun, Target } from "../run.js";
import { allBounded, standInFor } from "../unbounded.js";
import { atInterval, whereBounded, whereFormsBounded } from "./where-bounded.js";

/** Operators that write their own rules. */
export const customRules: KindRules = {
  interval: (run, node, of) => {
    const { t } = run;
    if (!run.unbounded || (node.operator as CustomOperator<unknown>).takesUnbounded === true)
      return ownIntervals(run, node, of);
    const bounded = allBounded(
      t,
      run.perturbedSlots(node).map((slot) => of(node.inputs[slot]!)),
    );
    const none = (end: number, output: IrNode): IrNode => t.where(bounded, output, end);
    return ownIntervals(run, node, standInFor(run, of)).map(({ lower, upper }) => ({
      lower: none(-Infinity, lower),
      upper: none(Infinity, upper),
    }));
  },
  backward: (context, node) => whereBounded(context, node, customRules, backward),
  forward: (context, node) =>
    whereFormsBounded(context, node, customRules, (inner) =>
      node.outputs.map((_, output) => planesForward(inner, node, output)),
    ),
  isAffine: () => false,
};

function ownIntervals(run: BoundRun, node: ResolvedNode, of: (value: Value) => Pair<IrNode>): Pair<IrNode>[] {
  const result = (node.operator as CustomOperator<unknown>).interval(
    contextOf(node, run.t),
    ...inputIntervals(node, of),
  );
  const list: readonly Interval[] = Array.isArray(result) ? result : [result as Interval];
  return list.map(({ lower, upper }): Pair<IrNode> => ({ lower: run.t.node(lower), upper: run.t.node(upper) }));
}

type StepInputs = Pick<StepContext, "run" | "outputs" | "boundsOf">;

function backward({ run, outputs, boundsOf }: StepInputs, node: ResolvedNode): BackwardStep<IrNode> {
  const operator = node.operator as CustomOperator<unknown>;
  const { t } = run;
  if (operator.backward === undefined) return atInterval(run, node, outputs, customRules.interval(run, node, boundsOf));
  const [first = none(t, []), ...others] = node.outputs.map(({ shape }, i) => outputs[i] ?? none(t, shape));
  const { inputs, bias } = operator.backward(contextOf(node, t), [first, ...others], inputIntervals(node, boundsOf));
  return {
    inputs: inputs.map((pair) =>
      pair === undefined ? undefined : { lower: t.node(pair.lower), upper: t.node(pair.upper) },
    ),
    bias: { lower: t.node(bias.lower), upper: t.node(bias.upper) },
  };
}

/**
 * The backward step of one row for each output element gives a plane below and one above it. Linear forms of the inputs
 * are put into these: a coefficient's sign says which side of the input it meets.
 */
function planesForward({ run, formOf, boundsOf }: ForwardContext, node: ResolvedNode, at: number): ForwardForm {
  const { t } = run;
  const output = node.outputs[at]!;
  const { target, toIntervals } = allElements(run, output);
  const unit: Pair<IrNode> = { lower: target.coefficients, upper: target.coefficients };
  const step = backward(
    { run, outputs: node.outputs.map((value) => (value === output ? unit : undefined)), boundsOf },
    node,
  );
  const coefficients = new Map<Value, Pair<IrNode>>();
  let bias: Pair<IrNode> = toIntervals(step.bias);
  step.inputs.forEach((pair, slot) => {
    if (pair === undefined) return;
    const input = node.inputs[slot]!;
    const planes = { lower: planeRows(t, target, input, pair.lower), upper: planeRows(t, target, input, pair.upper) };
    const form = formOf(input);
    const flat = (x: IrNode): IrNode => t.reshape(t.expand(x, input.shape), [1, sizeOf(input.shape)]);
    const constant = throughPlanes(t, planes, { lower: flat(form.bias.lower), upper: flat(form.bias.upper) });
    bias = sum(t, bias, {
      lower: t.reshape(constant.lower, output.shape),
      upper: t.reshape(constant.upper, output.shape),
    });
    for (const [source, along] of form.coefficients) {
      const matrix = throughPlanes(t, planes, {
        lower: columns(t, source, input, along.lower),
        upper: columns(t, source, input, along.upper),
      });
      const part = {
        lower: fromColumns(t, source, output, matrix.lower),
        upper: fromColumns(t, source, output, matrix.upper),
      };
      const before = coefficients.get(source);
      coefficients.set(source, before === undefined ? part : sum(t, before, part));
    }
  });
  return { coefficients, bias };
}

/** Coefficients with one row for each output element as a matrix: [elements of the input, elements of the output]. */
function planeRows(t: Vocabulary, { rows }: Target, input: Value, a: IrNode): IrNode {
  const matrix = t.reshape(t.rowsToShape(t.expand(a, input.shape), rows), [rows.size!, sizeOf(input.shape)]);
  return t.transpose(matrix, [1, 0]);
}

/** Rows of bounds of the inputs as rows of bounds of the outputs. */
function throughPlanes(t: Vocabulary, planes: Pair<IrNode>, x: Pair<IrNode>): Pair<IrNode> {
  const side = (plane: IrNode, same: IrNode, other: IrNode): IrNode =>
    same === other ? t.matmul(same, plane) : t.add(t.matmul(same, t.relu(plane)), t.matmul(other, t.min(plane, 0)));
  return { lower: side(planes.lower, x.lower, x.upper), upper: side(planes.upper, x.upper, x.lower) };
}

/** Of an output on which nothing depends. */
function none(t: Vocabulary, shape: Shape): Pair<IrNode> {
  const zeros = t.zeros(shape);
  return { lower: zeros, upper: zeros };
}

function sum(t: Vocabulary, a: Pair<IrNode>, b: Pair<IrNode>): Pair<IrNode> {
  return { lower: t.add(a.lower, b.lower), upper: t.add(a.upper, b.upper) };
}

/** What a rule is given of its inputs: undefined for one that is left out. */
function inputIntervals(node: ResolvedNode, of: (value: Value) => Pair<IrNode>): (Pair<IrNode> | undefined)[] {
  return node.inputs.map((input) => (input === undefined ? undefined : of(input)));
}
