import type { Program } from "../../plugin/program.js";
import type { Value } from "../../graph/resolved.js";
import { makeProgram } from "../../program/program.js";
import { newRun, type BoundProblem } from "../problem.js";

/**
 * What the network itself computes at the centers of the sets: values by their names. Its inputs are those of the
 * problem's own program, so that both can be parts of one.
 */
export function recordClean(problem: BoundProblem, values: readonly Value[]): Program {
  const run = newRun(problem);
  return makeProgram(
    `${problem.graph.name}:clean`,
    Object.fromEntries(values.map((value) => [value.name, run.clean(value)])),
  );
}
