import { LirpaError } from "../../plugin/errors.js";
import type { Program } from "../../plugin/program.js";
import type { Side } from "../../plugin/pair.js";
import type { Value } from "../../graph/resolved.js";
import { makeProgram } from "../../program/program.js";
import type { IrNode } from "../../tensor/ir.js";
import { neededBounds } from "../passes/demand.js";
import type { Intermediate } from "../passes/intermediate.js";
import { inputNames, newRun, OPEN_ROWS, openRows, ROWS_INPUT, SIDES, type BoundProblem } from "../problem.js";
import { unstableIndex } from "../passes/unstable-rows.js";
import type { BoundRun, Target } from "../run.js";
import { close } from "./close.js";
import { namedResults, rowResults } from "./results.js";
import { boundsBy, type Recipe } from "./whole.js";
import { intervalOf } from "../passes/interval.js";

/** A recipe whose intermediate values can be bounded one by one, by rows of their own. */
export type StagedRecipe = Recipe & { readonly intermediate: Required<Intermediate> };

export function isStaged(recipe: Recipe): recipe is StagedRecipe {
  return recipe.intermediate.needsRows !== undefined;
}

/**
 * The values whose bounds the whole program would compute by rows, each behind those that it relies on; found without
 * recording.
 */
export function rowStages(problem: BoundProblem, { intermediate }: StagedRecipe): Value[] {
  const { output } = problem;
  const run = newRun(problem);
  if (!run.isPerturbed(output)) return [];
  return neededBounds(run, intermediate, output).filter((value) => intermediate.needsRows(run, value));
}

/**
 * Steps of backward passes that one problem may take: more take too long to record, and more memory than processes
 * have.
 */
const MOST_STEPS = 60_000;

/**
 * Steps that one program takes: the time and memory in which ONNX Runtime compiles grow faster than a program's size.
 */
const STEPS_OF_BLOCK = 5000;

/** True where so many passes over so many nodes may be more than one program should hold. */
export function mayBeDeep({ graph }: BoundProblem): boolean {
  return graph.nodes.length ** 2 > STEPS_OF_BLOCK;
}

/**
 * The same values in blocks of so many steps of backward passes that one program holds them. Throws `LIRPA_MEMORY`
 * where a model is so deep that a pass for each value takes too many steps.
 */
export function blocksOf(method: string, problem: BoundProblem, recipe: StagedRecipe): Value[][] {
  const blocks: Value[][] = [[]];
  let [all, own] = [0, 0];
  for (const value of rowStages(problem, recipe)) {
    const steps = valuesBehind(value);
    all += steps;
    if (all > MOST_STEPS) throw tooDeep(method, problem.output);
    own += steps;
    if (own > STEPS_OF_BLOCK && blocks.at(-1)!.length > 0) {
      blocks.push([]);
      own = steps;
    }
    blocks.at(-1)!.push(value);
  }
  return blocks;
}

function tooDeep(method: string, { name }: Value): LirpaError {
  const problem =
    `${method} of ${name} takes more than ${MOST_STEPS} steps of backward passes: ` +
    "one pass for each value of a deep model";
  return new LirpaError("LIRPA_MEMORY", problem, {
    hint: "Use crown-ibp or forward+crown, which take one pass, or bound a part of the model.",
  });
}

/** Bounds of the values of a block, given those of the blocks before; as the next ones are fed them. */
export function recordBlock(
  problem: BoundProblem,
  recipe: StagedRecipe,
  block: readonly Value[],
  before: readonly Value[],
): Program {
  const run = newRun(problem, ofRows(before));
  const boundsOf = boundsBy(run, recipe.intermediate);
  // Inputs of one program have one number of instances: bounds that all instances share are repeated for each.
  const bounds = block.flatMap((value) => {
    const own = boundsOf(value);
    return SIDES.map((side) => {
      const end = run.t.expand(own[side], value.shape);
      return [inputNames.before(value, side), run.forEachInstance(end)] as const;
    });
  });
  return close(problem.graph, run, `block:${block[0]!.name}`, Object.fromEntries(bounds));
}

function valuesBehind(value: Value): number {
  const seen = new Set<Value>([value]);
  // The list grows while it is walked.
  for (const { producer } of seen) for (const input of producer?.inputs ?? []) if (input !== undefined) seen.add(input);
  return seen.size;
}

/** Those values of which interval arithmetic may show that some elements are stable and take no row. */
export function partlyStable(problem: BoundProblem, values: readonly Value[]): Value[] {
  const run = newRun(problem);
  return values.filter((value) => unstableIndex(run, value) !== undefined);
}

/**
 * What is known before the first stage, by interval arithmetic: the ends of these values, and where they are unstable.
 */
export function recordIntervals(problem: BoundProblem, selective: readonly Value[]): Program {
  const run = newRun(problem);
  const outputs: Record<string, IrNode> = {};
  for (const value of selective) {
    const interval = intervalOf(run, value);
    outputs[intervalNames.index(value)] = unstableIndex(run, value)!;
    for (const side of SIDES) outputs[intervalNames.end(value, side)] = run.t.expand(interval[side], value.shape);
  }
  return makeProgram(`${problem.graph.name}:intervals`, outputs);
}

/** What `recordIntervals` gives of a value. */
export const intervalNames = {
  index: (value: Value): string => `index:${value.name}`,
  end: (value: Value, end: Side): string => `interval:${value.name}:${end}`,
} as const;

/** Bounds of some elements of a value, whose places are fed as rows, given the bounds of all stages before it. */
export function recordStage(
  problem: BoundProblem,
  recipe: StagedRecipe,
  value: Value,
  before: readonly Value[],
): Program {
  const run = newRun(problem, ofRows(before));
  const bounds = recipe.rows(run, pickedRows(run, value), boundsBy(run, recipe.intermediate));
  return close(problem.graph, run, `stage:${value.name}`, { ...bounds }, value);
}

/**
 * The results that were asked for, given the bounds of all stages: of rows that are fed, or of elements by their
 * places.
 */
export function recordLast(problem: BoundProblem, recipe: StagedRecipe, before: readonly Value[]): Program {
  const run = newRun(problem, ofRows(before));
  const { output, spec } = problem;
  const target = spec === "elements" ? pickedRows(run, output) : openRows(run, output, spec === "rows per instance");
  const boundsOf = boundsBy(run, recipe.intermediate);
  const { bounds, forms } = rowResults(run, problem, recipe.rows, target, boundsOf);
  const results = {
    ...namedResults.bounds(problem, bounds),
    ...forms,
    ...namedResults.intermediate(run, problem, boundsOf),
  };
  return close(problem.graph, run, "last", results, spec === "elements" ? output : undefined);
}

function ofRows(values: readonly Value[]): ReadonlyMap<Value, "rows"> {
  return new Map(values.map((value) => [value, "rows"]));
}

/** Unit rows of the elements whose places the caller feeds. */
function pickedRows({ t }: BoundRun, value: Value): Target {
  const index = t.input({ ...ROWS_INPUT, shape: [], dtype: "int", instances: false });
  return { value, rows: OPEN_ROWS, coefficients: t.pickedEye(index, value.shape) };
}
