import type { Program } from "../../plugin/program.js";
import type { Pair } from "../../plugin/pair.js";
import type { Value } from "../../graph/resolved.js";
import type { IrNode } from "../../tensor/ir.js";
import { asFact } from "../fact.js";
import { onDemand } from "../passes/demand.js";
import type { BoundsOf, Intermediate, Rows } from "../passes/intermediate.js";
import { allElements } from "../rows/all-elements.js";
import { newRun, openRows, type BoundProblem } from "../problem.js";
import type { BoundRun, Target } from "../run.js";
import { close } from "./close.js";
import { namedResults, rowResults } from "./results.js";
import { intervalOf } from "../passes/interval.js";

/** How a method's bounds are recorded: where intermediate bounds come from, and how rows are bounded given those. */
export interface Recipe {
  readonly intermediate: Intermediate;
  readonly rows: Rows;
  /** Bounds of all elements of a value at once, where there is a cheaper way than unit rows. */
  elements?(run: BoundRun, value: Value, boundsOf: BoundsOf): Pair<IrNode>;
}

/**
 * The whole problem in one program (`results.ts` names its outputs), or what is left of it where bounds of some values
 * were found `before`.
 */
export function recordWhole(problem: BoundProblem, recipe: Recipe, before: readonly Value[] = []): Program {
  const run = newRun(problem, new Map(before.map((value) => [value, "rows"])));
  const known = new Map<Value, Pair<IrNode>>();
  const boundsOf = boundsBy(run, recipe.intermediate, known);
  const results = resultsOf(run, problem, recipe, boundsOf);
  return close(problem.graph, run, "bounds", { ...results, ...namedResults.intermediate(run, problem, boundsOf) });
}

function resultsOf(run: BoundRun, problem: BoundProblem, recipe: Recipe, boundsOf: BoundsOf): Record<string, IrNode> {
  const { output, spec } = problem;
  if (spec === "elements" && !problem.wanted.forms) {
    const whole = run.isPerturbed(output) ? recipe.elements?.(run, output, boundsOf) : intervalOf(run, output);
    if (whole !== undefined) return namedResults.bounds(problem, whole);
  }
  const { target, toIntervals } = targetOf(run, problem);
  const { bounds, forms } = rowResults(run, problem, recipe.rows, target, boundsOf);
  return { ...namedResults.bounds(problem, toIntervals(bounds)), ...forms };
}

/** Bounds that relaxations rely on, recorded once for each value that is asked for. */
export function boundsBy(
  run: BoundRun,
  intermediate: Intermediate,
  known: Map<Value, Pair<IrNode>> = new Map(),
): BoundsOf {
  return onDemand<Pair<IrNode>>(
    run,
    intermediate,
    (value, boundsOf) => asFact(run, value, run.restricted(value, intermediate.bounds(run, value, boundsOf))),
    known,
  );
}

/** What the problem asks to bound: rows that are fed, or every element of the output; and the way back to its shape. */
export function targetOf(
  run: BoundRun,
  { output, spec }: BoundProblem,
): { readonly target: Target; toIntervals(rows: Pair<IrNode>): Pair<IrNode> } {
  if (spec === "elements") return allElements(run, output);
  return { target: openRows(run, output, spec === "rows per instance"), toIntervals: (rows) => rows };
}
