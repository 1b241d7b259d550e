import { LirpaError } from "../plugin/errors.js";
import { nearest } from "../plugin/nearest.js";
import { checkOptions, hintOf } from "../plugin/options.js";
import type { PerturbationQuery } from "../plugin/perturbation.js";
import type { Shape } from "../plugin/tensor.js";
import type { Side } from "../plugin/pair.js";
import { SIDES, type BoundProblem, type SourceStructure, type Wanted } from "../bounds/problem.js";
import { readRelaxation } from "../bounds/relaxation.js";
import type { ResolvedGraph, Value } from "../graph/resolved.js";
import type { Method } from "../methods/method.js";
import type { MethodOptions } from "../methods/standard.js";
import type { PluginRegistry } from "../registry/plugin-registry.js";
import { demandRecord, parseSet, queryError } from "./query.js";

/** The structure of a set around an input or a parameter, without numbers. */
export interface SetStructure {
  readonly type: string;
  /** What `parse` of the perturbation gives as `structure`. */
  readonly structure: unknown;
  /** Shapes of the set's values, for one instance. */
  readonly values: Readonly<Record<string, Shape>>;
}

/** How a specification's rows are given: none, one matrix for all, or a matrix for each instance. */
export type SpecKind = "elements" | "rows" | "rows per instance";

/** A bound computation without its numbers: all that decides what is recorded. */
export interface ProblemStructure {
  /** Sets around the perturbed inputs. Of a query (`lp({ norm, eps })`) only the structure counts. */
  readonly inputs?: Readonly<Record<string, PerturbationQuery | SetStructure>>;
  /** Sets around stored parameters, by initializer name. */
  readonly weights?: Readonly<Record<string, PerturbationQuery | SetStructure>>;
  /** Stored parameters that are open: fed under their role, so that a program can be differentiated in them. */
  readonly parameters?: readonly string[];
  /** Needed where the model has several outputs. */
  readonly output?: string;
  /** `"crown"` where absent. */
  readonly method?: string;
  /** Options of methods, by the method's name. */
  readonly methodOptions?: Partial<MethodOptions>;
  /** `"elements"` where absent. */
  readonly spec?: SpecKind;
  /** Values whose intermediate bounds are fed: as they are, or to be intersected with the method's own. */
  readonly given?: Readonly<Record<string, GivenUse>>;
  /** Values that are restricted to intervals which are fed. */
  readonly constraints?: readonly string[];
  /** One side only: the other end is then infinite. */
  readonly side?: Side;
  /** Linear forms of the rows, besides their bounds. */
  readonly forms?: boolean;
  /** Values whose intermediate bounds are wanted as well. */
  readonly intermediate?: readonly string[];
  /** Lines other than an operator's default ones, by operator: `Relu`, or `domain:Type` outside ONNX's own domain. */
  readonly relaxation?: Readonly<Record<string, string>>;
}

export type GivenUse = "final" | "intersect";

export const STRUCTURE_FIELDS: readonly (keyof ProblemStructure)[] = [
  "inputs",
  "weights",
  "parameters",
  "output",
  "method",
  "methodOptions",
  "spec",
  "given",
  "constraints",
  "side",
  "forms",
  "intermediate",
  "relaxation",
];

/** What a structure is resolved against. */
export interface StructureContext {
  readonly registry: PluginRegistry;
  /** The graph with these parameters open. Throws for one that is no parameter. */
  graphOf(parameters: readonly string[]): ResolvedGraph;
  /** The output of that name, or the only one. */
  outputOf(graph: ResolvedGraph, name: string | undefined): Value;
}

/** A problem with the method that bounds it and that method's options. */
export interface Asked {
  readonly problem: BoundProblem;
  readonly method: Method;
  readonly options: unknown;
}

/** Resolves a structure. Throws `LIRPA_OPTION`, `LIRPA_QUERY`, `LIRPA_PERTURBATION` or `LIRPA_UNSUPPORTED_…`. */
export function resolveStructure(structure: ProblemStructure, context: StructureContext): Asked {
  checkOptions(structure, STRUCTURE_FIELDS, "prepare");
  const {
    method: wanted = "crown",
    relaxation = {},
    inputs = {},
    weights = {},
    given = {},
    spec = "elements",
  } = structure;
  const method = context.registry.method(wanted).value;
  const options = optionsOf(method, structure.methodOptions, context.registry);
  for (const [what, record] of Object.entries({ inputs, weights, given })) demandRecord(what, record);
  if (!["elements", "rows", "rows per instance"].includes(spec)) {
    throw new LirpaError("LIRPA_OPTION", `spec is ${JSON.stringify(spec)}`, {
      hint: 'It is "elements", "rows" or "rows per instance".',
    });
  }
  const open = namesIn("parameters", structure.parameters ?? []);
  const graph = context.graphOf([...Object.keys(weights), ...open]);
  const output = context.outputOf(graph, structure.output);
  const find = (option: string, name: string): Value => valueNamed(graph, option, name);
  const problem: BoundProblem = {
    graph,
    output,
    spec,
    sources: sourcesOf(graph, { inputs, weights }, context.registry),
    given: new Map(Object.entries(given).map(([name, use]) => [find("given", name), useOf(name, use)])),
    constraints: new Set(namesIn("constraints", structure.constraints ?? []).map((name) => find("constraints", name))),
    wanted: wantedOf(structure, find),
    options: { relaxation: readRelaxation(relaxation, context.registry) },
  };
  return { problem, method, options };
}

function optionsOf(method: Method, given: Partial<MethodOptions> = {}, registry: PluginRegistry): unknown {
  const all = given as Readonly<Record<string, unknown>>;
  checkOptions(all, registry.methodKeys(), "methodOptions");
  const own = [method.name, ...(method.aliases ?? [])].flatMap((name) => (Object.hasOwn(all, name) ? [all[name]] : []));
  if (own.length > 1) {
    throw new LirpaError("LIRPA_OPTION", `methodOptions names ${method.name} twice`, {
      hint: "Give its options once.",
    });
  }
  // Those of other methods are not read, but a mistake in them is one nevertheless.
  for (const [name, options] of Object.entries(all)) readOptions(registry.method(name).value, options);
  return readOptions(method, own[0]);
}

function readOptions(method: Method, given: unknown): unknown {
  if (method.options !== undefined) return method.options(given);
  if (given === undefined) return undefined;
  throw new LirpaError("LIRPA_OPTION", `the method ${method.name} has no options`, { hint: "Leave them out." });
}

function sourcesOf(
  graph: ResolvedGraph,
  { inputs, weights }: Pick<Required<ProblemStructure>, "inputs" | "weights">,
  registry: PluginRegistry,
): SourceStructure[] {
  const unknown = Object.keys(inputs).find((name) => !graph.inputs.some((input) => input.name === name));
  if (unknown !== undefined) {
    throw queryError(
      `the model has no input ${JSON.stringify(unknown)}`,
      `Inputs: ${graph.inputs.map(({ name }) => name).join(", ")}.`,
    );
  }
  const sources = [...graph.inputs, ...graph.parameters].flatMap((value) => {
    const role = value.parameter === undefined ? "input" : "weight";
    const sets = role === "input" ? inputs : weights;
    if (!Object.hasOwn(sets, value.name)) return [];
    const set = sets[value.name]!;
    if (value.dtype !== "float")
      throw queryError(`the ${role} ${value.name} holds integers; only floats can be perturbed`);
    return [isSetStructure(set) ? structureOf(value, set, registry) : readSet(value, role, set, registry)];
  });
  if (sources.length === 0)
    throw queryError("nothing is perturbed", "Give at least one input or weight a perturbation.");
  return sources;
}

/** What tells a set without numbers from a query. */
function isSetStructure(set: PerturbationQuery | SetStructure): set is SetStructure {
  return typeof set === "object" && set !== null && Object.hasOwn(set, "structure") && Object.hasOwn(set, "values");
}

function structureOf(
  value: Value,
  { type, structure, values }: SetStructure,
  registry: PluginRegistry,
): SourceStructure {
  return { value, perturbation: registry.perturbation(type).value, structure, values };
}

/** The structure that a query has; numbers that it gives are not kept. */
function readSet(
  value: Value,
  role: "input" | "weight",
  query: PerturbationQuery,
  registry: PluginRegistry,
): SourceStructure {
  const { perturbation, structure, values } = parseSet(registry, query, { name: value.name, shape: value.shape, role });
  return {
    value,
    perturbation,
    structure,
    values: Object.fromEntries(Object.entries(values).map(([key, { shape }]) => [key, shape])),
  };
}

function wantedOf(
  { side, forms = false, intermediate = [] }: ProblemStructure,
  find: (option: string, name: string) => Value,
): Wanted {
  if (side !== undefined && !SIDES.includes(side)) {
    throw new LirpaError("LIRPA_OPTION", `side is ${JSON.stringify(side)}`, {
      hint: 'It is "lower" or "upper"; leave it out for both.',
    });
  }
  if (typeof forms !== "boolean")
    throw new LirpaError("LIRPA_OPTION", `forms is ${JSON.stringify(forms)}`, { hint: "It is true or false." });
  return {
    sides: side === undefined ? SIDES : [side],
    forms,
    intermediate: namesIn("intermediate", intermediate).map((name) => find("intermediate", name)),
  };
}

/** A value that a node computes, by the name that it has after resolving. Throws `LIRPA_QUERY` where there is none. */
export function valueNamed({ nodes }: ResolvedGraph, option: string, name: string): Value {
  const values = nodes.flatMap(({ outputs }) => outputs);
  const value = values.find((candidate) => candidate.name === name);
  if (value?.dtype === "float") return value;
  const names = values.flatMap((candidate) => (candidate.dtype === "float" ? [candidate.name] : []));
  const near = nearest(name, names);
  const known = `Values that nodes compute are ${names.slice(0, 20).join(", ")}.`;
  const hint = near.length > 0 ? `Did you mean ${near.join(" or ")}?` : known;
  throw queryError(`${option} names ${JSON.stringify(name)}, which is no intermediate value of the model`, hint);
}

function useOf(name: string, use: unknown): GivenUse {
  if (use === "final" || use === "intersect") return use;
  throw new LirpaError("LIRPA_OPTION", `the bounds given for ${name} are for ${JSON.stringify(use)}`, {
    hint: hintOf(String(use), ["final", "intersect"]),
  });
}

/** A list of names. Throws `LIRPA_OPTION` for anything else. */
export function namesIn(option: string, list: readonly string[]): readonly string[] {
  if (Array.isArray(list) && list.every((name) => typeof name === "string")) return list;
  throw new LirpaError("LIRPA_OPTION", `${option} is no list of names`, {
    hint: 'Give a list such as ["weight"].',
    details: { option },
  });
}
