import type { Feeds } from "../plugin/executor.js";
import type { Perturbation } from "../plugin/perturbation.js";
import type { PortRole } from "../plugin/program.js";
import type { HostTensor, Shape } from "../plugin/tensor.js";
import type { Pair, Side } from "../plugin/pair.js";
import type { ResolvedGraph, Value } from "../graph/resolved.js";
import { Vocabulary } from "../tensor/vocabulary.js";
import type { IrNode, RowSpace } from "../tensor/ir.js";
import { intersect } from "./intersect.js";
import { BoundRun, type Fed, type GivenBounds, type RunOptions, type Source, type Target } from "./run.js";

/** What is known of a perturbed value before any number is: enough to record. */
export interface SourceStructure {
  readonly value: Value;
  readonly perturbation: Perturbation;
  readonly structure: unknown;
  /** Shapes of the set's values; the first axis of an input's values is that of the input. */
  readonly values: Readonly<Record<string, Shape>>;
}

/** What is asked besides the bounds. */
export interface Wanted {
  /** The sides that are computed; the other one of a single side is infinite. */
  readonly sides: readonly Side[];
  /** Linear forms of the rows in the perturbed values. */
  readonly forms: boolean;
  /** Bounds of these values, as the method's relaxations rely on them. */
  readonly intermediate: readonly Value[];
}

export const SIDES: readonly Side[] = Object.freeze(["lower", "upper"]);

/** One bound computation, without its numbers. */
export interface BoundProblem {
  readonly graph: ResolvedGraph;
  readonly sources: readonly SourceStructure[];
  readonly output: Value;
  /** Every element of the output, rows of a matrix over it, or a matrix of its own for each instance. */
  readonly spec: "elements" | "rows" | "rows per instance";
  /** Values whose intermediate bounds are fed, and what for. */
  readonly given: ReadonlyMap<Value, "final" | "intersect">;
  /**
   * Values that are restricted to intervals which are fed: bounds are then of those points of the sets only that meet
   * them. Core intersects intermediate bounds with them; a method may do more (multipliers, say).
   */
  readonly constraints: ReadonlySet<Value>;
  readonly wanted: Wanted;
  readonly options: RunOptions;
}

type Named = Pick<Value, "name">;

/** The names by which programs are fed. */
export const inputNames = {
  center: (value: Named): string => `center:${value.name}`,
  setValue: (value: Named, key: string): string => `set:${value.name}:${key}`,
  fixed: (value: Pick<Value, "name" | "parameter">): string =>
    `${value.parameter === undefined ? "input" : "parameter"}:${value.name}`,
  given: (value: Named, end: Side): string => `given:${value.name}:${end}`,
  /** Bounds that an earlier program of the same computation gave. */
  before: (value: Named, end: Side): string => `before:${value.name}:${end}`,
  constraint: (value: Named, end: Side): string => `constraint:${value.name}:${end}`,
  rows: "rows",
} as const;

/** All that one run is fed: arrays by their names, and rows where there are some. */
export function fedWith({ feeds, rows }: { readonly feeds: Feeds; readonly rows?: HostTensor | undefined }): Feeds {
  return rows === undefined ? feeds : { ...feeds, [inputNames.rows]: rows };
}

/** Rows that the caller feeds, of any number. */
export const OPEN_ROWS: RowSpace = Object.freeze({ name: "rows", size: undefined, kind: "fed" });
/** The input of whatever is fed row by row. */
export const ROWS_INPUT: { readonly name: string; readonly rows: RowSpace; readonly role: PortRole } = {
  name: inputNames.rows,
  rows: OPEN_ROWS,
  role: { is: "rows" },
};

/** Rows over a value that are fed. */
export function openRows({ t }: BoundRun, value: Value, instances: boolean): Target {
  const coefficients = t.input({ ...ROWS_INPUT, shape: value.shape, dtype: "float", instances });
  return { value, rows: OPEN_ROWS, coefficients };
}

/** An empty recording of a problem. `before` are values whose bounds are fed besides, from programs before this one. */
export function newRun(problem: BoundProblem, before: ReadonlyMap<Value, GivenBounds["use"]> = new Map()): BoundRun {
  const { graph, sources, options } = problem;
  const t = new Vocabulary();
  const perturbed = new Map(sources.map((source) => [source.value, recordSource(t, source)]));
  const fixed = [...graph.inputs, ...graph.parameters].filter((value) => !perturbed.has(value));
  const fixedInputs = new Map(fixed.map((value) => [value, fixedInput(t, value)]));
  return new BoundRun(graph, t, perturbed, fixedInputs, options, fedOf(t, problem, before));
}

function recordSource(t: Vocabulary, { value, perturbation, structure, values }: SourceStructure): Source {
  const isInput = value.parameter === undefined;
  const feed = (name: string, shape: Shape, role: PortRole): IrNode =>
    t.input({ name, shape, dtype: "float", instances: isInput && shape.length > 0, rows: undefined, role });
  const field = (key: string): PortRole => ({ is: "set", of: value.name, field: key });
  const fields = Object.entries(values).map(([key, shape]) => [
    key,
    feed(inputNames.setValue(value, key), shape, field(key)),
  ]);
  return {
    perturbation,
    structure,
    center: feed(inputNames.center(value), value.shape, { is: "center", of: value.name }),
    values: Object.fromEntries(fields) as Record<string, IrNode>,
  };
}

/** The input that feeds what is not perturbed. */
export function fixedInput(t: Vocabulary, value: Value): IrNode {
  const { name, shape, dtype, parameter } = value;
  const instances = parameter === undefined;
  return t.input({
    name: inputNames.fixed(value),
    shape,
    dtype,
    instances,
    rows: undefined,
    role: { is: "fixed", of: name },
  });
}

function fedOf(
  t: Vocabulary,
  { given, constraints }: BoundProblem,
  before: ReadonlyMap<Value, GivenBounds["use"]>,
): Fed {
  const pair = (
    value: Value,
    name: (value: Value, end: Side) => string,
    is: "given" | "constraint" = "given",
  ): Pair<IrNode> => {
    const end = (side: Side): IrNode => {
      const role = { is, of: value.name, side };
      return t.input({
        name: name(value, side),
        shape: value.shape,
        dtype: "float",
        instances: true,
        rows: undefined,
        role,
      });
    };
    return { lower: end("lower"), upper: end("upper") };
  };
  const restrictions = new Map<Value, Pair<IrNode>>();
  const restrict = (value: Value, bounds: Pair<IrNode>): void => {
    const others = restrictions.get(value);
    restrictions.set(value, others === undefined ? bounds : intersect(t, others, bounds));
  };
  for (const value of constraints) restrict(value, pair(value, inputNames.constraint, "constraint"));
  const fed = new Map<Value, GivenBounds>();
  for (const [value, use] of given) if (use === "intersect") restrict(value, pair(value, inputNames.given));
  const feed = (value: Value, use: GivenBounds["use"], name: (value: Value, end: Side) => string): void => {
    const bounds = pair(value, name);
    const others = use === "final" ? restrictions.get(value) : undefined;
    fed.set(value, { use, bounds: others === undefined ? bounds : intersect(t, bounds, others) });
  };
  for (const [value, use] of before) feed(value, use, inputNames.before);
  for (const [value, use] of given) if (use === "final") feed(value, use, inputNames.given);
  return { given: fed, restrictions };
}
