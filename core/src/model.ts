import type { Feeds } from "./plugin/executor.js";
import { LirpaError } from "./plugin/errors.js";
import { checkOptions } from "./plugin/options.js";
import type { PerturbationQuery } from "./plugin/perturbation.js";
import type { Program } from "./plugin/program.js";
import type { Shape } from "./plugin/tensor.js";
import { fedWith, fixedInput, inputNames } from "./bounds/problem.js";
import { BoundRun } from "./bounds/run.js";
import type { Graph, GraphInput } from "./graph/graph.js";
import { resolveGraph } from "./graph/resolve.js";
import type { ResolvedGraph, Value } from "./graph/resolved.js";
import { rulesOf, type NodeExplanation } from "./problem/explain.js";
import { problemKey } from "./problem/key.js";
import { isPerInstance, numbersOf, type ProblemNumbers } from "./problem/numbers.js";
import { repeated, resultShape, type Bounds } from "./problem/bounds.js";
import { CALL_OPTIONS, type CallOptions } from "./problem/limits.js";
import { NUMBER_OPTIONS, PreparedProblem, type Prepared } from "./problem/prepared.js";
import {
  checkedNumbers,
  demandList,
  demandRecord,
  queryError,
  type BoundInput,
  type Numbers,
} from "./problem/query.js";
import { instancesOf, readSets, type InstanceInput, type ReadSets } from "./problem/sets.js";
import {
  namesIn,
  resolveStructure,
  STRUCTURE_FIELDS,
  type ProblemStructure,
  type StructureContext,
} from "./problem/structure.js";
import { contentKey } from "./program/fingerprint.js";
import { makeProgram } from "./program/program.js";
import { Recent } from "./recent.js";
import type { PluginRegistry } from "./registry/plugin-registry.js";
import type { Engine } from "./run/engine.js";
import type { Lifecycle } from "./run/lifecycle.js";
import { checkMemory } from "./run/memory.js";
import { sizeOf } from "./tensor/shapes.js";
import { Vocabulary } from "./tensor/vocabulary.js";

/** What to bound, by which method, with which numbers, and how far to go. */
export interface BoundOptions
  extends ProblemNumbers, CallOptions, Omit<ProblemStructure, "inputs" | "weights" | "spec" | "given" | "constraints"> {
  /** Sets around stored parameters, by initializer name. */
  readonly weights?: Readonly<Record<string, PerturbationQuery>>;
}

const BOUND_OPTIONS = [
  ...new Set([...STRUCTURE_FIELDS.filter((field) => field !== "inputs"), ...NUMBER_OPTIONS, ...CALL_OPTIONS]),
];

/** One output of the network itself. */
export interface Output {
  readonly shape: Shape;
  /** Row-major. */
  readonly data: Float64Array;
}

/**
 * The graph is resolved anew for each set of open parameters, and a problem is prepared for each structure: so many are
 * kept.
 */
const RESOLVED_AT_ONCE = 8;
const PREPARED_AT_ONCE = 64;

/** A model that can be bounded. Made by `lirpa.model(graph)` or `lirpa.load(file)`. */
export class Model {
  private readonly resolved = new Recent<ResolvedGraph>(RESOLVED_AT_ONCE);
  private readonly prepared = new Recent<PreparedProblem>(PREPARED_AT_ONCE);
  private ofOneInstance: readonly InstanceInput[] | undefined;

  constructor(
    readonly graph: Graph,
    private readonly id: () => Promise<string>,
    private readonly registry: PluginRegistry,
    private readonly engine: Engine,
    private readonly lifecycle: Lifecycle,
  ) {}

  /** Inputs with the shape of one instance: an open first size is 1. */
  get inputs(): readonly InstanceInput[] {
    return (this.ofOneInstance ??= this.graph.inputs.map((input) => {
      return Object.freeze({ name: input.name, shape: Object.freeze(instanceShape(input)), dtype: input.dtype });
    }));
  }

  get outputs(): readonly string[] {
    return this.graph.outputs;
  }

  /**
   * A bound computation for any numbers: what is recorded and compiled depends on the structure alone. Throws
   * `LIRPA_QUERY`, `LIRPA_OPTION`, `LIRPA_PERTURBATION` or `LIRPA_UNSUPPORTED_…`.
   */
  prepare(structure: ProblemStructure): Prepared {
    this.lifecycle.demandAlive();
    return this.prepareFor(structure, undefined);
  }

  /**
   * Lower and upper bounds of an output over all perturbations of the inputs and weights. Numbers of an input may hold
   * several instances one after the other. Numbers are copied before it returns: the caller may reuse the arrays at
   * once. The problem is prepared at the first call of its structure, and kept. Throws what `prepare` and a prepared
   * problem's `bounds` throw.
   */
  async bounds(inputs: Readonly<Record<string, BoundInput>>, options: BoundOptions = {}): Promise<Bounds> {
    return this.lifecycle.during(() => {
      // All numbers are read and copied before the first await: what the caller does next changes nothing.
      const { problem, sets } = this.read(inputs, options);
      return problem.run(numbersOf(problem.asked.problem, sets, options), options);
    });
  }

  /** The structure of a query: what `prepare` takes. */
  structureOf(inputs: Readonly<Record<string, BoundInput>>, options: BoundOptions = {}): ProblemStructure {
    return structureOf(this.readSets(inputs, options), options);
  }

  /** The program of a problem, and what to feed it for these numbers. Throws what `prepare` and its `program` throw. */
  program(
    inputs: Readonly<Record<string, BoundInput>>,
    options: BoundOptions = {},
  ): { readonly program: Program; readonly feeds: Feeds } {
    this.lifecycle.demandAlive();
    const { problem, sets } = this.read(inputs, options);
    return { program: problem.program(), feeds: fedWith(numbersOf(problem.asked.problem, sets, options)) };
  }

  /** What the rules of each node are, in order: for people. A prepared problem says how its rows are held as well. */
  explain(): readonly NodeExplanation[] {
    return rulesOf(this.resolve([]));
  }

  private read(
    inputs: Readonly<Record<string, BoundInput>>,
    options: BoundOptions,
  ): { readonly problem: PreparedProblem; readonly sets: ReadSets } {
    const sets = this.readSets(inputs, options);
    const structure = structureOf(sets, options);
    const key = keyOf(structure);
    const known = this.prepared.get(key);
    if (known !== undefined) return { problem: known, sets };
    const problem = this.prepareFor(structure, options.memory);
    this.prepared.set(key, problem);
    return { problem, sets };
  }

  private readSets(inputs: Readonly<Record<string, BoundInput>>, options: BoundOptions): ReadSets {
    checkOptions(options, BOUND_OPTIONS, "bounds");
    checkMemory(options.memory);
    // Only what is left out has a default: null is a mistake like any other.
    const { weights = {}, parameters = [] } = options;
    demandRecord("weights", weights);
    const open = namesIn("parameters", parameters);
    // A model that cannot be read is said before a set that cannot.
    this.resolve(this.checkParameters([...Object.keys(weights), ...open]), options.memory);
    return readSets({ inputs, weights, parameters: open }, this.inputs, this.graph, this.registry);
  }

  private prepareFor(structure: ProblemStructure, memory: number | undefined): PreparedProblem {
    const context: StructureContext = {
      registry: this.registry,
      graphOf: (parameters) => this.resolve(this.checkParameters(parameters), memory),
      outputOf: (graph, name) => this.outputOf(graph, name),
    };
    const asked = resolveStructure(structure, context);
    const open = asked.problem.graph.parameters.map(({ name }) => name);
    return new PreparedProblem(asked, {
      engine: this.engine,
      lifecycle: this.lifecycle,
      key: async () => problemKey(await this.id(), asked),
      read: (inputs, weights) =>
        readSets({ inputs, weights, parameters: open }, this.inputs, this.graph, this.registry),
    });
  }

  /**
   * The outputs by the operators' forward rules, in the executor's precision. Throws `LIRPA_DISPOSED` after
   * `dispose()`.
   */
  async forward(inputs: Readonly<Record<string, Numbers>>): Promise<Record<string, Output>> {
    return this.lifecycle.during(() => this.forwarded(inputs));
  }

  private async forwarded(inputs: Readonly<Record<string, Numbers>>): Promise<Record<string, Output>> {
    const graph = this.resolve([]);
    const instances = instancesOf(inputs, this.inputs);
    const feeds = Object.fromEntries(
      graph.inputs.map((value) => {
        const numbers = demandList(`the input ${value.name}`, inputs[value.name]!);
        const data = checkedNumbers(`the input ${value.name}`, numbers, value, instances);
        return [inputNames.fixed(value), { shape: [instances, 1, ...value.shape], dtype: value.dtype, data }];
      }),
    );
    const record = () => {
      const t = new Vocabulary();
      const fixed = new Map(graph.inputs.map((value) => [value, fixedInput(t, value)]));
      const run = new BoundRun(graph, t, new Map(), fixed, { relaxation: new Map() });
      return makeProgram(
        `${graph.name}:forward`,
        Object.fromEntries(graph.outputs.map((value, i) => [`output${i}`, run.exact(value)])),
      );
    };
    const results = await this.engine.run(`${await this.id()}|forward`, record, feeds);
    return Object.fromEntries(
      graph.outputs.map((value, i) => {
        const shape = resultShape(value.shape, instances, undefined);
        return [value.name, { shape, data: repeated(results[`output${i}`]!, sizeOf(shape)) }];
      }),
    );
  }

  /** Resolves the graph, or says what is missing: throws `LIRPA_UNSUPPORTED_OPERATOR` and its kin. */
  check(): void {
    this.resolve([]);
  }

  private resolve(open: readonly string[], memory = 0): ResolvedGraph {
    const key = open.toSorted().join("\n");
    let graph = this.resolved.get(key);
    if (graph === undefined) {
      const shapes = new Map(this.inputs.map(({ name, shape }) => [name, shape]));
      const options = { shapes, openParameters: new Set(open), memory: Math.max(memory, this.engine.memory) };
      this.resolved.set(key, (graph = resolveGraph(this.graph, this.registry, options)));
    }
    return graph;
  }

  private checkParameters(names: readonly string[]): readonly string[] {
    for (const name of names) {
      const stored = this.graph.initializers.get(name);
      if (stored === undefined) {
        throw queryError(
          `the model has no parameter ${JSON.stringify(name)}`,
          `Parameters: ${[...this.graph.initializers.keys()].slice(0, 20).join(", ")}.`,
        );
      }
      if (stored.dtype !== "float")
        throw queryError(`the parameter ${name} holds integers; only floats can be perturbed`);
    }
    return names;
  }

  private outputOf(graph: ResolvedGraph, name: string | undefined): Value {
    const names = this.graph.outputs;
    if (name === undefined && names.length > 1) {
      throw new LirpaError("LIRPA_OPTION", `the model has ${names.length} outputs`, {
        hint: `Choose one of ${names.join(", ")}.`,
      });
    }
    const at = name === undefined ? 0 : names.indexOf(name);
    const value = graph.outputs[at];
    if (value === undefined)
      throw new LirpaError("LIRPA_OPTION", `the model has no output ${JSON.stringify(name)}`, {
        hint: `Outputs: ${names.join(", ")}.`,
      });
    if (value.dtype !== "float") throw queryError(`the output ${value.name} holds integers; there is nothing to bound`);
    return value;
  }
}

/** Says of options that are nothing plain, such as functions, that they are none. */
function keyOf(structure: ProblemStructure): string {
  try {
    return contentKey(structure);
  } catch (cause) {
    const hint = "Options are text, numbers, truth values, lists and objects of these.";
    throw new LirpaError("LIRPA_OPTION", "an option is no plain data", { hint, cause });
  }
}

/** What of a query decides what is recorded. */
function structureOf(sets: ReadSets, options: BoundOptions): ProblemStructure {
  const { spec, given, constraints } = options;
  const structure: Record<string, unknown> = { inputs: sets.inputs, weights: sets.weights };
  for (const field of [
    "parameters",
    "output",
    "method",
    "methodOptions",
    "side",
    "forms",
    "intermediate",
    "relaxation",
  ] as const) {
    if (options[field] !== undefined) structure[field] = options[field];
  }
  if (spec !== undefined) structure["spec"] = isPerInstance(spec) ? "rows per instance" : "rows";
  if (given !== undefined) {
    demandRecord("given", given);
    structure["given"] = Object.fromEntries(
      Object.entries(given).map(([name, bounds]) => [name, bounds?.use === undefined ? "intersect" : bounds.use]),
    );
  }
  if (constraints !== undefined) {
    demandRecord("constraints", constraints);
    structure["constraints"] = Object.keys(constraints);
  }
  return structure as ProblemStructure;
}

function instanceShape({ name, shape }: GraphInput): Shape {
  return shape.map((size, axis) => {
    if (typeof size === "number") return size;
    if (axis === 0) return 1;
    throw new LirpaError("LIRPA_MODEL", `the input ${name} has an open size ${size} at axis ${axis}`, {
      hint: "Only the first axis may be open: fix the others in the model.",
    });
  });
}
