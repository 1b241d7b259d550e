import type { Program } from "../../plugin/program.js";
import type { Value } from "../../graph/resolved.js";
import { makeProgram } from "../../program/program.js";
import { vjp } from "../../tensor/gradient.js";
import type { IrNode } from "../../tensor/ir.js";
import { localizeRows } from "../../tensor/transforms/localize.js";
import { sizeOf } from "../../tensor/shapes.js";
import type { Vocabulary } from "../../tensor/vocabulary.js";
import { boundsByBackward, type BackwardOptions } from "../../bounds/passes/backward.js";
import type { CoefficientPair } from "../../bounds/kind-rules.js";
import { onDemand } from "../../bounds/passes/demand.js";
import { asFact } from "../../bounds/fact.js";
import { elementTarget } from "../../bounds/rows/unstable-rows.js";
import { boundsBy, combinedBounds, inputNames, intermediateBounds, needsRows, newRun, representations, targetOf, type BoundProblem } from "../../bounds/recording/record.js";
import type { BoundRun, NodeInterval, Target } from "../../bounds/run.js";

type Side = "lower" | "upper";
const SIDES: readonly Side[] = ["lower", "upper"];

/** Adam (Kingma and Ba 2015) with its usual moments; rate and corrections are fed at each step. */
const [FIRST_MOMENT, SECOND_MOMENT, STABILIZER] = [0.9, 0.999, 1e-8];

const STEEPEST = 1e15;

/** Four units in the last place of a float32: sums of many terms are rounded to both sides. */
const ROUNDING = 2 ** -22;
/** Stands for a value without bounds; a step that meets it is not believed. */
const LARGEST_TERM = 1e30;

/** Two programs: one that prepares, one that is run once per iteration on its own results. */
export interface Optimization {
  /** Gives the initial value of every variable, and the bounds that the step relies on, under the names of its inputs. */
  readonly prepare: Program;
  /** Gives `lower` and `upper` (the best so far), and the next step's variables, moments and intermediate bounds. */
  readonly step: Program;
  readonly variables: readonly string[];
}

/** What the step is fed besides variables, their moments and bounds. */
export const stepInputs = {
  rate: "adam:rate",
  firstCorrection: "adam:first",
  secondCorrection: "adam:second",
  best: (side: Side): string => `best:${side}`,
  /** The output that is fed as this input in the next step, and the input of such an output. */
  next: (name: string): string => `next:${name}`,
  of: (next: string): string => next.slice("next:".length),
  moments: (variable: string): readonly [string, string] => [`${variable}:m`, `${variable}:v`],
} as const;

/**
 * α-CROWN (Xu et al. 2021): every free value of every relaxation is a variable of its own for each instance, row and
 * side, held as a fraction of its range. With `last` the intermediate bounds are fixed; with `all` the passes that
 * compute them are variable too, and what the steps before found is kept where it is better.
 */
export function recordOptimization(problem: BoundProblem): Optimization {
  const all = problem.options.alpha?.layers === "all";
  const first = newRun(problem);
  const known = new Map<Value, NodeInterval>();
  const boundsOf = boundsBy(first, problem.method, known);
  const initial = new Passes(first);
  const bounds = initial.both("output", targetOf(first, problem), all ? initial.intermediate(problem) : boundsOf);
  const given = all ? initial.intervals : new Map([...known].filter(([value]) => first.isPerturbed(value)));
  const outputs: Record<string, IrNode> = Object.fromEntries(initial.variables);
  for (const [value, bounds] of given) for (const side of SIDES) outputs[inputNames.given(value, side)] = spread(first, bounds[side]);
  for (const side of SIDES) outputs[stepInputs.best(side)] = spread(first, bounds[side]);
  const names = Object.keys(outputs);
  const local = localizeRows(first.t, Object.values(outputs)).outputs;
  const prepare = makeProgram(`${problem.graph.name}:prepare`, Object.fromEntries(names.map((name, i) => [name, local[i]!])));
  const step = recordStep(problem, all ? [] : [...given.keys()], initial.variables);
  return { prepare, step, variables: [...initial.variables.keys()] };
}

function recordStep(problem: BoundProblem, fixed: readonly Value[], starts: ReadonlyMap<string, IrNode>): Program {
  const run = newRun(problem, fixed, true);
  const { t } = run;
  const passes = new Passes(run, starts);
  const boundsOf = problem.options.alpha?.layers === "all" ? passes.intermediate(problem) : (value: Value): NodeInterval => asFact(run, value, run.interval(value));
  const bounds = passes.both("output", targetOf(run, problem), boundsOf);
  const outputs: Record<string, IrNode> = {};
  const instances = run.anyInstance() !== undefined;
  const { rows } = targetOf(run, problem);
  const best = (side: Side): IrNode =>
    t.input({ name: stepInputs.best(side), shape: [], dtype: "float", instances, rows, role: { is: "carried", from: side } });
  Object.assign(outputs, tightened(t, bounds, { lower: best("lower"), upper: best("upper") }));
  for (const [value, interval] of passes.intervals) for (const side of SIDES) outputs[stepInputs.next(inputNames.given(value, side))] = spread(run, interval[side]);
  const parts = [...passes.parts.values()].flat();
  // Each row's bound depends on its own variables only, so that one sum serves all of them.
  const gradients = vjp(t, [bounds.lower, bounds.upper], [t.full([], -1), t.full([], 1)], parts);
  const gradientOf = new Map(parts.map((part, i) => [part, gradients[i] ?? t.zeros(part.shape)]));
  for (const [name, variable] of passes.variables) {
    const flat = passes.parts.get(name)!.map((part) => t.reshape(gradientOf.get(part)!, [sizeOf(part.shape)]));
    Object.assign(outputs, adam(t, name, variable, tame(t, t.concat(flat, 0))));
  }
  return { ...makeProgram(`${problem.graph.name}:step`, outputs), rows: representations(Object.values(outputs), []) };
}

/**
 * The intersection of a step's bounds with the best before, which no number is worse than. Ends that would cross are left
 * as they were: both are sound, so that only rounding can have crossed them.
 */
function tightened(t: Vocabulary, bounds: NodeInterval, best: NodeInterval): NodeInterval {
  const keep = (isBetter: IrNode, bound: IrNode, before: IrNode): IrNode =>
    t.where(isBetter, before, t.where(t.equal(bound, bound), bound, before));
  const lower = keep(t.greaterEqual(best.lower, bounds.lower), bounds.lower, best.lower);
  const upper = keep(t.lessEqual(best.upper, bounds.upper), bounds.upper, best.upper);
  const crossed = t.greater(lower, upper);
  return { lower: t.where(crossed, best.lower, lower), upper: t.where(crossed, best.upper, upper) };
}

/** One value with the gradient of another: zero is added, the difference of that other and itself. */
function withGradientOf(t: Vocabulary, value: IrNode, other: IrNode): IrNode {
  const nothing = t.sub(other, t.stopGradient(other));
  // An infinite bound's difference from itself is no number.
  return t.add(t.stopGradient(value), t.where(t.equal(nothing, 0), nothing, 0));
}

/** State of the optimization: what the step before gave under this input's name. */
function carried(t: Vocabulary, name: string, like: Pick<IrNode, "shape" | "instances" | "rows">): IrNode {
  const { shape, instances, rows } = like;
  return t.input({ name, shape, dtype: "float", instances, rows, role: { is: "carried", from: stepInputs.next(name) } });
}

/** A gradient whose square stays finite in float32; what is no number moves nothing. */
function tame(t: Vocabulary, g: IrNode): IrNode {
  return t.min(t.max(t.where(t.equal(g, g), g, 0), -STEEPEST), STEEPEST);
}

/** One step of Adam down the gradient, within [0, 1]. */
function adam(t: Vocabulary, name: string, x: IrNode, g: IrNode): Record<string, IrNode> {
  const [first, second] = stepInputs.moments(name);
  const { instances, rows } = x;
  const moment = (key: string): IrNode => carried(t, key, { shape: x.shape, instances, rows });
  const scalar = (key: string): IrNode => t.input({ name: key, shape: [], dtype: "float", instances: false, rows: undefined });
  const m = t.add(t.mul(moment(first), FIRST_MOMENT), t.mul(g, 1 - FIRST_MOMENT));
  const v = t.add(t.mul(moment(second), SECOND_MOMENT), t.mul(t.square(g), 1 - SECOND_MOMENT));
  const length = t.add(t.sqrt(t.mul(v, scalar(stepInputs.secondCorrection))), STABILIZER);
  const change = t.mul(scalar(stepInputs.rate), t.div(t.mul(m, scalar(stepInputs.firstCorrection)), length));
  return { [stepInputs.next(name)]: t.min(t.max(t.sub(x, change), 0), 1), [stepInputs.next(first)]: m, [stepInputs.next(second)]: v };
}

/**
 * Backward passes whose free values are variables, or are looked at where they start. One side of one target has one
 * variable: all its free values behind each other, so that a step has few inputs and one update each.
 */
class Passes {
  /** Initial fractions, or the inputs that hold them, by the name of their pass. */
  readonly variables = new Map<string, IrNode>();
  /** The free values' own parts of each variable, in order. */
  readonly parts = new Map<string, IrNode[]>();
  /** Bounds of the values that these passes bound on the way to the output. */
  readonly intervals = new Map<Value, NodeInterval>();

  constructor(
    private readonly run: BoundRun,
    /** The variables of the same passes as they start; absent where these are what is recorded. */
    private readonly starts?: ReadonlyMap<string, IrNode>,
  ) {}

  /** Both sides of a target, each with variables of its own. */
  both(label: string, target: Target, boundsOf: (value: Value) => NodeInterval): NodeInterval {
    return { lower: this.side(label, target, "lower", boundsOf), upper: this.side(label, target, "upper", boundsOf) };
  }

  /** Intermediate bounds by passes of this kind. */
  intermediate(problem: BoundProblem): (value: Value) => NodeInterval {
    return onDemand<NodeInterval>(this.run, problem.method, (value, boundsOf) => {
      if (!needsRows(this.run, problem.method, value)) {
        return asFact(this.run, value, intermediateBounds(this.run, problem.method, value, boundsOf));
      }
      const { target, toIntervals } = elementTarget(this.run, value);
      const elements = toIntervals(this.both(value.name, target, boundsOf));
      const bounds = this.withBest(value, combinedBounds(this.run, value, elements, boundsOf));
      this.intervals.set(value, bounds);
      return asFact(this.run, value, bounds);
    });
  }

  /**
   * Intersected with what earlier steps found: both are sound, and a step that went too far, to where a denominator may
   * vanish say, does no harm. Its own variables still learn, as if its own bound were used.
   */
  private withBest(value: Value, bounds: NodeInterval): NodeInterval {
    if (this.starts === undefined) return bounds;
    const { t } = this.run;
    const instances = this.run.anyInstance() !== undefined;
    const before = (side: Side): IrNode =>
      carried(t, inputNames.given(value, side), { shape: value.shape, instances, rows: undefined });
    const { lower, upper } = tightened(t, bounds, { lower: before("lower"), upper: before("upper") });
    return { lower: withGradientOf(t, lower, bounds.lower), upper: withGradientOf(t, upper, bounds.upper) };
  }

  private side(label: string, target: Target, side: Side, boundsOf: (value: Value) => NodeInterval): IrNode {
    const name = `free:${label}:${side}`;
    return this.starts === undefined ? this.starting(name, target, side, boundsOf) : this.varied(name, target, side, boundsOf);
  }

  /** A pass as it is without optimization; its free values are collected. */
  private starting(name: string, target: Target, side: Side, boundsOf: (value: Value) => NodeInterval): IrNode {
    const fractions: IrNode[] = [];
    const marked = this.run.marked({
      free: (t, value, min, max) => {
        const fraction = t.min(t.max(t.div(t.sub(value, min), t.max(t.sub(max, min), 1e-30)), 0), 1);
        fractions.push(t.reshape(t.expand(fraction, value.shape), [sizeOf(value.shape)]));
        return value;
      },
    });
    const bound = boundsByBackward(marked, target, boundsOf)[side];
    const { t } = this.run;
    if (fractions.length > 0) this.variables.set(name, spread(this.run, t.spread(t.concat(fractions, 0), target.coefficients)));
    return bound;
  }

  /** The same pass with its free values read from a variable. */
  private varied(name: string, target: Target, side: Side, boundsOf: (value: Value) => NodeInterval): IrNode {
    const { t } = this.run;
    const start = this.starts!.get(name);
    if (start === undefined) return boundsByBackward(this.run, target, boundsOf)[side];
    const instances = this.run.anyInstance() !== undefined;
    const variable = carried(t, name, { shape: start.shape, instances, rows: target.rows });
    const parts: IrNode[] = [];
    let from = 0;
    const marked = this.run.marked({
      free: (vocabulary, { shape }, min, max) => {
        const to = from + sizeOf(shape);
        const part = vocabulary.reshape(vocabulary.slice(variable, [from], [to]), shape);
        from = to;
        parts.push(part);
        return vocabulary.add(min, vocabulary.mul(part, vocabulary.sub(max, min)));
      },
    });
    this.variables.set(name, variable);
    this.parts.set(name, parts);
    return this.lessRounding(marked, target, side, boundsOf);
  }

  /**
   * A step's bound, less what rounding may have added to it. An optimizer looks for the best, and so for the largest
   * rounding error, too: coefficients grow where terms cancel that are far larger than their sum. The terms at every
   * relaxation and set are at most |A| max(|l|, |u|); a few units in the last place of their sum are taken away.
   */
  private lessRounding(run: BoundRun, target: Target, side: Side, boundsOf: (value: Value) => NodeInterval): IrNode {
    const { t } = this.run;
    let terms: IrNode = t.zeros([]);
    const met = (pair: CoefficientPair, { lower, upper }: NodeInterval): void => {
      const most = t.min(t.max(t.abs(lower), t.abs(upper)), LARGEST_TERM);
      terms = t.add(terms, t.dot(t.abs(pair[side]), most));
    };
    const at: BackwardOptions["at"] = (value, sum, shares) => {
      for (const { reader, pair } of shares) {
        if (reader !== undefined && !run.rules(reader).isAffine(run, reader)) met(pair, boundsOf(value));
      }
      if (run.sources.has(value)) met(sum, run.interval(value));
      return undefined;
    };
    const bound = boundsByBackward(run, target, boundsOf, { at })[side];
    const rounding = t.stopGradient(t.mul(terms, ROUNDING));
    return side === "lower" ? t.sub(bound, rounding) : t.add(bound, rounding);
  }
}

/** The value repeated for every instance. */
function spread(run: BoundRun, x: IrNode): IrNode {
  const like = run.anyInstance();
  return like === undefined ? x : run.t.spread(x, like);
}
