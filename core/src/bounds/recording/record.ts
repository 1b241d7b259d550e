import { LirpaError } from "../../plugin/errors.js";
import type { Perturbation } from "../../plugin/perturbation.js";
import type { PortRole, Program } from "../../plugin/program.js";
import type { Shape } from "../../plugin/tensor.js";
import type { ResolvedGraph, Value } from "../../graph/resolved.js";
import type { Method } from "../../methods/method.js";
import { makeProgram } from "../../program/program.js";
import { rowSpaces, topological } from "../../tensor/order.js";
import type { IrNode, RowSpace } from "../../tensor/ir.js";
import { localizeRows } from "../../tensor/transforms/localize.js";
import { Vocabulary } from "../../tensor/vocabulary.js";
import { asFact } from "../fact.js";
import { neededBounds, onDemand } from "../passes/demand.js";
import { elementTarget, unstableIndex } from "../rows/unstable-rows.js";
import { forwardForms } from "../passes/forward.js";
import { rulesOf } from "../kinds/table.js";
import { tighter } from "../kinds/bilinear.js";
import { intervalIsExact, intervalStep, stepOf } from "../passes/precise.js";
import { allElements } from "../rows/all-elements.js";
import { stableOr } from "../passes/stable.js";
import { BoundRun, type NodeInterval, type RunOptions, type Source, type Target } from "../run.js";

/** What is known of a perturbed value before any number is: enough to record. */
export interface SourceStructure {
  readonly value: Value;
  readonly perturbation: Perturbation;
  readonly structure: unknown;
  /** Shapes of the set's values; the first axis of an input's values is that of the input. */
  readonly values: Readonly<Record<string, Shape>>;
}

/** One bound computation, without its numbers. */
export interface BoundProblem {
  readonly graph: ResolvedGraph;
  readonly sources: readonly SourceStructure[];
  readonly output: Value;
  /** Rows of a matrix over the output, or every element of it. */
  readonly spec: "rows" | "elements";
  readonly method: Method;
  readonly options: RunOptions;
}

/** The names by which programs are fed. */
export const inputNames = {
  center: (value: Value): string => `center:${value.name}`,
  setValue: (value: Value, key: string): string => `set:${value.name}:${key}`,
  fixed: (value: Value): string => `${value.parameter === undefined ? "input" : "parameter"}:${value.name}`,
  given: (value: Value, end: "lower" | "upper"): string => `given:${value.name}:${end}`,
  rows: "rows",
} as const;

/** The whole problem in one program: outputs `lower` and `upper`. */
export function recordWhole(problem: BoundProblem): Program {
  const { method, output, spec } = problem;
  const run = newRun(problem);
  const boundsOf = boundsBy(run, method);
  if (spec === "rows") return close(problem, run, "bounds", method.rows(run, openRows(run, output), boundsOf));
  if (!run.isPerturbed(output)) return close(problem, run, "bounds", run.interval(output));
  const whole = method.elements?.(run, output, boundsOf);
  if (whole !== undefined) return close(problem, run, "bounds", whole);
  const { target, toIntervals } = allElements(run, output);
  return close(problem, run, "bounds", toIntervals(method.rows(run, target, boundsOf)));
}

/** Rows that the caller feeds, of any number. */
const OPEN_ROWS: RowSpace = Object.freeze({ name: "rows", size: undefined, kind: "fed" });
const ROWS = { name: inputNames.rows, instances: false, rows: OPEN_ROWS, role: { is: "rows" } } as const;

function openRows(run: BoundRun, value: Value): Target {
  const coefficients = run.t.input({ ...ROWS, shape: value.shape, dtype: "float" });
  return { value, rows: OPEN_ROWS, coefficients };
}

/** Bounds that relaxations rely on, recorded once for each value that is asked for. */
export function boundsBy(run: BoundRun, method: Method, known: Map<Value, NodeInterval> = new Map()): (value: Value) => NodeInterval {
  return onDemand(run, method, (value, boundsOf) => asFact(run, value, intermediateBounds(run, method, value, boundsOf)), known);
}

/** Bounds of a value that relaxations rely on, as the method wants them. */
export function intermediateBounds(run: BoundRun, method: Method, value: Value, boundsOf: (value: Value) => NodeInterval): NodeInterval {
  if (method.intermediate === "interval" || run.isSettled(value) || intervalIsExact(run, value)) return run.interval(value);
  if (method.intermediate === "forward" && intervalStep(run, value) !== "enough") {
    return combinedBounds(run, value, forwardForms(run, boundsOf).elements(value), boundsOf);
  }
  return needsRows(run, method, value) ? combinedBounds(run, value, rowBounds(run, method, value, boundsOf), boundsOf) : stepOf(run, value, boundsOf);
}

function rowBounds(run: BoundRun, method: Method, value: Value, boundsOf: (value: Value) => NodeInterval): NodeInterval {
  const given = run.givenRows(value);
  if (given !== undefined) return given;
  const { target, toIntervals } = elementTarget(run, value);
  return toIntervals(method.rows(run, target, boundsOf));
}

/** True where a value's bounds take rows of its own. */
export function needsRows(run: BoundRun, method: Method, value: Value): boolean {
  return method.intermediate === "rows" && !run.isSettled(value) && !intervalIsExact(run, value) && intervalStep(run, value) !== "enough";
}

/** Rows' bounds with what interval arithmetic knows better. */
export function combinedBounds(run: BoundRun, value: Value, rows: NodeInterval, boundsOf: (value: Value) => NodeInterval): NodeInterval {
  const bounds = stableOr(run, value, rows);
  return intervalStep(run, value) === "helps" ? tighter(run, bounds, stepOf(run, value, boundsOf)) : bounds;
}

/** What the problem asks to bound: rows that are fed, or every element of the output. */
export function targetOf(run: BoundRun, { output, spec }: BoundProblem): Target {
  return spec === "rows" ? openRows(run, output) : allElements(run, output).target;
}

/** The values whose bounds the whole program would compute by rows, each before those that rely on it. */
export function rowStages(problem: BoundProblem): Value[] {
  const { method, output } = problem;
  if (method.intermediate !== "rows") return [];
  const run = newRun(problem);
  const stages = new Set<Value>();
  const boundsOf = onDemand<NodeInterval>(run, method, (value, of) => {
    const step = intervalIsExact(run, value) ? undefined : intervalStep(run, value);
    if (step === "helps" || step === "enough") stepOf(run, value, of);
    // Recording one row finds what this value's bounds rely on.
    if (step === "helps" || step === "useless") {
      method.rows(run, openRows(run, value), of);
      stages.add(value);
    }
    return run.interval(value);
  });
  if (run.isPerturbed(output)) method.rows(run, openRows(run, output), boundsOf);
  return [...stages];
}

/** Steps of backward passes that one problem may take: the operations of more do not fit into a process. */
const MOST_STEPS = 60_000;

/** True where so many passes over so many nodes may be too many. */
export function mayBeTooDeep({ graph, method }: BoundProblem): boolean {
  return method.intermediate === "rows" && graph.nodes.length ** 2 > MOST_STEPS;
}

/** Throws `LIRPA_MEMORY` where a model is so deep that a backward pass for each value takes too many steps to record. */
export function checkDepth(problem: BoundProblem): void {
  const { method, output } = problem;
  const run = newRun(problem);
  if (!run.isPerturbed(output)) return;
  let steps = 0;
  for (const value of neededBounds(run, method, output)) {
    if (!needsRows(run, method, value)) continue;
    steps += valuesBehind(value);
    if (steps <= MOST_STEPS) continue;
    throw new LirpaError("LIRPA_MEMORY", `${method.name} of ${output.name} takes more than ${MOST_STEPS} steps of backward passes: one pass for each value of a deep model`, {
      hint: "Use crown-ibp or forward+crown, which take one pass, or bound a part of the model.",
    });
  }
}

function valuesBehind(value: Value): number {
  const seen = new Set<Value>([value]);
  // The list grows while it is walked.
  for (const { producer } of seen) for (const input of producer?.inputs ?? []) if (input !== undefined) seen.add(input);
  return seen.size;
}

/** Those values of which interval arithmetic may show that some elements take no row. */
export function selectiveOf(problem: BoundProblem, values: readonly Value[]): Value[] {
  const run = newRun(problem);
  return values.filter((value) => unstableIndex(run, value) !== undefined);
}

/**
 * What is known before the first stage: by interval arithmetic the ends of these values, and the places of the elements
 * that a linear form may help (`intervalNames`).
 */
export function recordIntervals(problem: BoundProblem, selective: readonly Value[]): Program {
  const run = newRun(problem);
  const outputs: Record<string, IrNode> = {};
  for (const value of selective) {
    const { lower, upper } = run.interval(value);
    outputs[intervalNames.index(value)] = unstableIndex(run, value)!;
    outputs[intervalNames.end(value, "lower")] = run.t.expand(lower, value.shape);
    outputs[intervalNames.end(value, "upper")] = run.t.expand(upper, value.shape);
  }
  return makeProgram(`${problem.graph.name}:intervals`, outputs);
}

/** What `recordIntervals` gives of a value. */
export const intervalNames = {
  index: (value: Value): string => `index:${value.name}`,
  end: (value: Value, end: "lower" | "upper"): string => `interval:${value.name}:${end}`,
} as const;

/** Bounds of some elements of a value, whose places are fed as rows, given the bounds of all stages before it. */
export function recordStage(problem: BoundProblem, value: Value, given: readonly Value[]): Program {
  const run = newRun(problem, given);
  return closeStage(problem, run, value, pickedRows(run, value));
}

/** The bounds that were asked for, given those of all stages: of rows that are fed, or of elements by their places. */
export function recordLast(problem: BoundProblem, given: readonly Value[]): Program {
  const run = newRun(problem, given);
  const { output, spec } = problem;
  return closeStage(problem, run, output, spec === "rows" ? openRows(run, output) : pickedRows(run, output));
}

function closeStage(problem: BoundProblem, run: BoundRun, value: Value, target: Target): Program {
  const { method } = problem;
  return close(problem, run, `stage:${value.name}`, method.rows(run, target, boundsBy(run, method)));
}

/** Unit rows of the elements whose places the caller feeds. */
function pickedRows({ t }: BoundRun, value: Value): Target {
  const index = t.input({ ...ROWS, shape: [], dtype: "int" });
  return { value, rows: OPEN_ROWS, coefficients: t.pickedEye(index, value.shape) };
}

/** An empty recording of a problem; bounds of the given values are fed. */
export function newRun({ graph, sources, options }: BoundProblem, given: readonly Value[] = [], settled = false): BoundRun {
  const t = new Vocabulary();
  const byValue = new Map<Value, Source>();
  for (const { value, perturbation, structure, values } of sources) {
    const instances = value.parameter === undefined;
    const feed = (name: string, shape: Shape, role: PortRole): IrNode =>
      t.input({ name, shape, dtype: "float", instances: instances && shape.length > 0, rows: undefined, role });
    const field = (key: string): PortRole => ({ is: "set", of: value.name, field: key });
    byValue.set(value, {
      perturbation,
      structure,
      center: feed(inputNames.center(value), value.shape, { is: "center", of: value.name }),
      values: Object.fromEntries(
        Object.entries(values).map(([key, shape]) => [key, feed(inputNames.setValue(value, key), shape, field(key))]),
      ),
    });
  }
  const fixed = new Map<Value, IrNode>();
  for (const value of [...graph.inputs, ...graph.parameters]) {
    if (byValue.has(value)) continue;
    fixed.set(value, fixedInput(t, value));
  }
  const known = new Map<Value, NodeInterval>();
  for (const value of given) {
    const feed = (side: "lower" | "upper"): IrNode =>
      t.input({
        name: inputNames.given(value, side), shape: value.shape, dtype: "float", instances: true, rows: undefined,
        role: { is: "given", of: value.name, side },
      });
    known.set(value, { lower: feed("lower"), upper: feed("upper") });
  }
  return new BoundRun(graph, rulesOf, t, byValue, fixed, options, known, settled);
}

/** The input that feeds what is not perturbed. */
export function fixedInput(t: Vocabulary, value: Value): IrNode {
  const { name, shape, dtype, parameter } = value;
  const instances = parameter === undefined;
  return t.input({ name: inputNames.fixed(value), shape, dtype, instances, rows: undefined, role: { is: "fixed", of: name } });
}

function close({ graph }: BoundProblem, run: BoundRun, name: string, bounds: NodeInterval): Program {
  const guarded = withGuard(run, bounds);
  const recorded = [guarded.lower, guarded.upper];
  const { outputs, localized } = localizeRows(run.t, recorded);
  const program = { ...makeProgram(`${graph.name}:${name}`, { lower: outputs[0]!, upper: outputs[1]! }), rows: representations(recorded, localized) };
  const stray = program.inputs.find(({ role }) => role.is === "placeholder");
  if (stray !== undefined) {
    throw new LirpaError("LIRPA_PLUGIN", `an operator that calls itself linear is not: its adjoint depends on the input (${stray.name})`, {
      hint: "Run the conformance kit on the plugins of this model.",
    });
  }
  return program;
}

/** Bounds that are NaN where something that was relied on is no number. */
export function withGuard(run: BoundRun, { lower, upper }: NodeInterval): NodeInterval {
  const guard = run.guard();
  return guard === undefined ? { lower, upper } : { lower: run.t.add(lower, guard), upper: run.t.add(upper, guard) };
}

/** In words: `dense` or `patches`, and whether only `unstable` elements have rows. */
export function representations(outputs: readonly IrNode[], localized: readonly RowSpace[]): Record<string, string> {
  const words = [...rowSpaces(topological(outputs))].flatMap((space): [string, string][] => {
    if (space.of === undefined) return [];
    const held = localized.includes(space) ? "patches" : "dense";
    return [[space.of, space.kind === "unstable" ? `unstable ${held}` : held]];
  });
  return Object.fromEntries(words);
}
