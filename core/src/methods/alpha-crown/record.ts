import type { Carry } from "../../plugin/executor.js";
import type { Program } from "../../plugin/program.js";
import type { Pair, Side } from "../../plugin/pair.js";
import type { Value } from "../../graph/resolved.js";
import { asFact } from "../../bounds/fact.js";
import { better, intersect } from "../../bounds/intersect.js";
import { inputNames, newRun, SIDES, type BoundProblem } from "../../bounds/problem.js";
import { representations } from "../../bounds/recording/close.js";
import { namedResults } from "../../bounds/recording/results.js";
import { boundsBy, targetOf } from "../../bounds/recording/whole.js";
import type { BoundsOf } from "../../bounds/passes/intermediate.js";
import type { BoundRun, Target } from "../../bounds/run.js";
import { adam, type Variable } from "../../optimizer/adam.js";
import { nextState, stateInput } from "../../optimizer/state.js";
import { makeProgram } from "../../program/program.js";
import { vjp } from "../../tensor/gradient.js";
import type { IrNode } from "../../tensor/ir.js";
import { localizeRows } from "../../tensor/transforms/localize.js";
import { sizeOf } from "../../tensor/shapes.js";
import type { Vocabulary } from "../../tensor/vocabulary.js";
import { crownRecipe } from "../crown.js";
import { Passes } from "./passes.js";
import { stepNames } from "./ports.js";
import { intervalOf } from "../../bounds/passes/interval.js";

/** A gradient whose square stays finite in float32. */
const STEEPEST = 1e15;

/** Which passes have variables: the last one, or those of the intermediate bounds too. */
export type Layers = "last" | "all";

/** Two programs: one that prepares, one that is run once per iteration on its own results. */
export interface Optimization {
  /**
   * Gives the initial value of every variable, and the bounds that the step relies on, under the names of its inputs.
   */
  readonly prepare: Program;
  /** Gives the next step's variables, moments and best bounds. */
  readonly step: Program;
  /** Which of its outputs are fed as which inputs. */
  readonly carry: Carry;
  readonly variables: readonly string[];
  /** Names of the values whose best intermediate bounds are part of the state. */
  readonly optimized: readonly string[];
}

/**
 * α-CROWN (Xu et al. 2021): every free value of every relaxation is a variable of its own for each instance, row and
 * side, held as a fraction of its range. With `last` the intermediate bounds are fixed; with `all` the passes that
 * compute them are variable too, and what the steps before found is kept where it is better.
 */
export function recordOptimization(problem: BoundProblem, layers: Layers): Optimization {
  const run = newRun(problem);
  const known = new Map<Value, Pair<IrNode>>();
  const passes = new Passes(run);
  const boundsOf = layers === "all" ? passes.intermediate() : boundsBy(run, crownRecipe.intermediate, known);
  const bounds = wantedSides(passes, targetOf(run, problem).target, problem, boundsOf);
  const fixed = new Map([...known].filter(([value]) => run.isPerturbed(value) && !run.isFinal(value)));
  // Passes that only what is asked besides takes are no part of the steps.
  const [starts, optimized] = [new Map(passes.variables), new Map(passes.intervals)];
  const outputs: Record<string, IrNode> = Object.fromEntries(starts);
  for (const side of problem.wanted.sides) outputs[stepNames.best(side)] = run.forEachInstance(bounds[side]!);
  for (const side of SIDES) {
    for (const [value, own] of fixed) outputs[inputNames.before(value, side)] = run.forEachInstance(own[side]);
    for (const [value, own] of optimized) outputs[stepNames.bestOf(value, side)] = run.forEachInstance(own[side]);
  }
  Object.assign(outputs, namedResults.intermediate(run, problem, boundsOf));
  const local = localizeRows(run.t, Object.values(outputs)).outputs;
  const prepared = Object.fromEntries(Object.keys(outputs).map((name, i) => [name, local[i]!]));
  const prepare = makeProgram(`${problem.graph.name}:prepare`, prepared);
  const next = recordStep(problem, layers, [...fixed.keys()], starts);
  const names = [...optimized.keys()].map(({ name }) => name);
  return { prepare, ...next, variables: [...starts.keys()], optimized: names };
}

function recordStep(
  problem: BoundProblem,
  layers: Layers,
  fixed: readonly Value[],
  starts: ReadonlyMap<string, IrNode>,
): Pick<Optimization, "step" | "carry"> {
  const run = newRun(problem, new Map(fixed.map((value) => [value, "final"])));
  const { t } = run;
  const passes = new Passes(run, starts);
  const boundsOf =
    layers === "all"
      ? passes.intermediate()
      : (value: Value): Pair<IrNode> => asFact(run, value, intervalOf(run, value));
  const { target } = targetOf(run, problem);
  const bounds = wantedSides(passes, target, problem, boundsOf);
  const best: Record<string, IrNode> = bestOf(run, target, bounds);
  for (const [value, interval] of passes.intervals) {
    for (const side of SIDES) best[stepNames.bestOf(value, side)] = run.forEachInstance(interval[side]);
  }
  const parts = [...passes.parts.values()].flat();
  // Each row's bound depends on its own variables only, so that one sum serves all of them.
  const { sides } = problem.wanted;
  const gradients = vjp(
    t,
    sides.map((side) => bounds[side]!),
    sides.map((side) => t.full([], side === "lower" ? -1 : 1)),
    parts,
  );
  const gradientOf = new Map(parts.map((part, i) => [part, gradients[i] ?? t.zeros(part.shape)]));
  const variables = [...passes.variables].map(([name, input]): Variable => {
    const flat = passes.parts.get(name)!.map((part) => t.reshape(gradientOf.get(part)!, [sizeOf(part.shape)]));
    return { input, gradient: finiteGradient(t, t.concat(flat, 0)), project: ofRange };
  });
  const [moved, found] = [adam(t, variables), nextState(best)];
  const outputs = { ...found.outputs, ...moved.outputs };
  const step = {
    ...makeProgram(`${problem.graph.name}:step`, outputs),
    rows: representations(Object.values(outputs), []),
  };
  return { step, carry: { ...found.carry, ...moved.carry } };
}

type Ends = Partial<Record<Side, IrNode>>;

function wantedSides(passes: Passes, target: Target, { wanted }: BoundProblem, boundsOf: BoundsOf): Ends {
  return Object.fromEntries(wanted.sides.map((side) => [side, passes.side("output", target, side, boundsOf)]));
}

/** The better of a step's bounds and the best before: an optimized bound never crosses its other end. */
function bestOf(run: BoundRun, { rows }: Target, bounds: Ends): Record<string, IrNode> {
  const { t } = run;
  const instances = run.anyInstance() !== undefined;
  const before = (side: Side): IrNode => stateInput(t, stepNames.best(side), { shape: [], instances, rows });
  const { lower, upper } = bounds;
  if (lower !== undefined && upper !== undefined) {
    const both = intersect(t, { lower: before("lower"), upper: before("upper") }, { lower, upper });
    return Object.fromEntries(SIDES.map((side) => [stepNames.best(side), both[side]]));
  }
  // A single side has nothing to cross.
  return Object.fromEntries(
    SIDES.flatMap((side) => {
      const bound = bounds[side];
      return bound === undefined ? [] : [[stepNames.best(side), better(t, side, before(side), bound)]];
    }),
  );
}

/** Variables are fractions of the ranges of free values. */
function ofRange(t: Vocabulary, x: IrNode): IrNode {
  return t.min(t.max(x, 0), 1);
}

/** What is no number moves nothing. */
function finiteGradient(t: Vocabulary, g: IrNode): IrNode {
  return t.min(t.max(t.where(t.equal(g, g), g, 0), -STEEPEST), STEEPEST);
}
