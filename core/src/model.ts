import { isLirpaError, LirpaError } from "./plugin/errors.js";
import { checkMemory, checkOptions } from "./plugin/options.js";
import type { PerturbationQuery } from "./plugin/perturbation.js";
import type { Program } from "./plugin/program.js";
import type { HostTensor, Shape } from "./plugin/tensor.js";
import { domainOutput, domainWarning, partialNodes, recordDomains, type Warning } from "./bounds/recording/domains.js";
import { rulesOf } from "./bounds/kinds/table.js";
import { recordOptimization, type Optimization } from "./methods/alpha-crown/optimize.js";
import { fixedInput, inputNames, recordWhole, type BoundProblem, type SourceStructure } from "./bounds/recording/record.js";
import { readRelaxation } from "./bounds/relaxation.js";
import { BoundRun, type AlphaOptions } from "./bounds/run.js";
import type { Engine, EngineRequest, Seconds } from "./run/engine.js";
import { Recent } from "./recent.js";
import type { Lifecycle } from "./run/lifecycle.js";
import type { Graph, GraphInput } from "./graph/graph.js";
import { resolveGraph } from "./graph/resolve.js";
import type { ResolvedGraph, Value } from "./graph/resolved.js";
import type { MethodTable } from "./methods/table.js";
import { problemKey } from "./problem-key.js";
import { makeProgram } from "./program/program.js";
import {
  checkedNumbers, demandSingle, demandList, demandNumbers, demandRecord, isPerturbed, isSingle, numbersOf, parseSet, queryError, SINGLE_HINT,
  type BoundInput, type Numbers,
} from "./query.js";
import type { PluginRegistry } from "./registry/plugin-registry.js";
import { showShape, sizeOf } from "./tensor/shapes.js";
import { Vocabulary } from "./tensor/vocabulary.js";

/** What to bound, by which method, and with how much memory. */
export interface BoundOptions {
  /** `"crown"` where absent. */
  readonly method?: string;
  /** Rows of a matrix C: bounds are then for C · output of each batch row. */
  readonly spec?: readonly Numbers[];
  /** Needed where the model has several outputs. */
  readonly output?: string;
  /** Sets around stored parameters, by initializer name. */
  readonly weights?: Readonly<Record<string, PerturbationQuery>>;
  /** Stored parameters that are fed as `parameter:<name>`, so that a program can be differentiated in them. */
  readonly parameters?: readonly string[];
  /** Lines other than an operator's default ones, by operator: `Relu`, or `domain:Type` outside ONNX's own domain. */
  readonly relaxation?: Readonly<Record<string, string>>;
  /** How `alpha-crown` optimizes. */
  readonly alpha?: AlphaOptions;
  /** Bytes that intermediate values may take. */
  readonly memory?: number;
}

const BOUND_OPTIONS = ["method", "spec", "output", "weights", "parameters", "relaxation", "alpha", "memory"];

/** A lower and an upper bound of every element of an output, or of every row of a spec. */
export interface Bounds {
  readonly method: string;
  /** Row-major. */
  readonly lower: Float64Array | Float32Array;
  readonly upper: Float64Array | Float32Array;
  readonly shape: Shape;
  readonly seconds: Readonly<Seconds>;
  /** What the bounds do not show; empty where there is nothing. */
  readonly warnings: readonly Warning[];
}

/** One output of the network itself. */
interface Output {
  readonly shape: Shape;
  readonly data: HostTensor["data"];
}

/** One node and the rule that bounds it. */
export interface NodeExplanation {
  readonly node: string;
  readonly operator: string;
  readonly kind: string;
  readonly plugin: string;
  /** Names of the node's values. */
  readonly outputs: readonly string[];
  /** Of the first output. */
  readonly shape: Shape;
}

/** The graph is resolved anew for each set of open parameters; so many of these are kept. */
const RESOLVED_AT_ONCE = 8;

/** A model that can be bounded. Made by `lirpa.model(graph)` or `lirpa.load(file)`. */
export class Model {
  private readonly resolved = new Recent<ResolvedGraph>(RESOLVED_AT_ONCE);

  constructor(
    readonly graph: Graph,
    private readonly id: () => Promise<string>,
    private readonly registry: PluginRegistry,
    private readonly methods: MethodTable,
    private readonly engine: Engine,
    private readonly lifecycle: Lifecycle,
  ) {}

  /** Inputs with the shape of one instance: an open first size is 1. */
  get inputs(): readonly { readonly name: string; readonly shape: Shape }[] {
    return (this.ofOneInstance ??= this.graph.inputs.map((input) => Object.freeze({ name: input.name, shape: Object.freeze(instanceShape(input)) })));
  }

  private ofOneInstance: readonly { readonly name: string; readonly shape: Shape }[] | undefined;

  get outputs(): readonly string[] {
    return this.graph.outputs;
  }

  /**
   * Lower and upper bounds of an output over all perturbations of the inputs and weights. Numbers of an input may hold
   * several instances one after the other. Numbers are copied before it returns: the caller may reuse the arrays at once.
   * Throws `LIRPA_QUERY`, `LIRPA_PERTURBATION`, `LIRPA_UNSUPPORTED_…`, or `LIRPA_DISPOSED` after `dispose()`.
   */
  async bounds(inputs: Readonly<Record<string, BoundInput>>, options: BoundOptions = {}): Promise<Bounds> {
    return this.lifecycle.during(() => this.bound(inputs, options));
  }

  private async bound(inputs: Readonly<Record<string, BoundInput>>, options: BoundOptions): Promise<Bounds> {
    // All numbers are read and copied before the first await: what the caller does next changes nothing.
    const request = this.request(inputs, options);
    const { problem, instances } = request;
    const shape = resultShape(problem.output.shape, instances, options.spec?.length);
    const key = problemKey(await this.id(), problem);
    const { lower, upper, seconds } = await this.engine.bounds({ ...request, key });
    const warnings = partialNodes(problem.graph).length === 0 ? [] : await this.warnings(request, key, { ...seconds });
    const repeated = (end: HostTensor): HostTensor["data"] => (end.data.length === sizeOf(shape) ? end.data : repeat(end.data, sizeOf(shape)));
    return { method: problem.method.name, lower: repeated(lower), upper: repeated(upper), shape, seconds, warnings };
  }

  /**
   * Nodes whose inputs may leave an operator's domain: first by intervals, which cost little, and where these cannot
   * exclude it by the bounds that the method relies on, as far as they fit the budget.
   */
  private async warnings({ problem, feeds }: Omit<EngineRequest, "key">, key: string, seconds: Seconds): Promise<Warning[]> {
    let suspects = partialNodes(problem.graph);
    for (const by of ["interval", "method"] as const) {
      if (suspects.length === 0) break;
      const nodes = suspects;
      const asked = `${key}|domains ${by} ${nodes.map(({ order }) => order).join()}`;
      const found = await this.engine.runWithin(asked, () => recordDomains(problem, nodes, by), feeds, seconds).catch(ifTooLarge);
      if (found !== undefined) suspects = nodes.filter((_, i) => found[domainOutput(i)]?.data.some((count) => !(count <= 0)));
    }
    return suspects.map(domainWarning);
  }

  /**
   * The program whose outputs are what `bounds` gives, and the arrays to feed it: what `emitOnnx` writes to a file. Its
   * inputs have the physical shape `[instances or 1, rows or 1, ...shape]`. Where the memory budget is too small for it,
   * `bounds` computes the same by several programs. Throws `LIRPA_UNSUPPORTED_METHOD` where no one program gives the
   * method's bounds: `alpha-crown` runs a step again and again on its own results.
   */
  program(inputs: Readonly<Record<string, BoundInput>>, options: BoundOptions = {}): { readonly program: Program; readonly feeds: Readonly<Record<string, HostTensor>> } {
    this.lifecycle.demandAlive();
    const { problem, feeds, rows } = this.request(inputs, options);
    if (optimizationOf(problem) !== undefined) throw manyPrograms(problem.method.name);
    return { program: recordWhole(problem), feeds: { ...feeds, ...(rows !== undefined && { [inputNames.rows]: rows }) } };
  }

  /**
   * How the rows of each value's elements are held in what `bounds` runs, by the value's name: `dense` or `patches`, and
   * `unstable` where only those elements have rows. For people.
   */
  representations(inputs: Readonly<Record<string, BoundInput>>, options: BoundOptions = {}): Readonly<Record<string, string>> {
    const { problem } = this.request(inputs, options);
    return (optimizationOf(problem)?.step ?? recordWhole(problem)).rows ?? {};
  }

  /** What the rules of each node are, in order: for people. */
  explain(): readonly NodeExplanation[] {
    return this.resolve(new Set()).nodes.map(({ name, type, operator, plugin, outputs }) => ({
      node: name, operator: type, kind: operator.kind, plugin, outputs: outputs.map((value) => value.name), shape: outputs[0]?.shape ?? [],
    }));
  }

  private request(inputs: Readonly<Record<string, BoundInput>>, options: BoundOptions): Omit<EngineRequest, "key"> {
    checkOptions(options, BOUND_OPTIONS, "bounds");
    checkMemory(options.memory);
    // Only what is left out has a default: null is a mistake like any other.
    const { method: wanted = "crown", weights = {}, relaxation = {} } = options;
    const method = this.methods.get(wanted);
    demandRecord("weights", weights);
    const unset = Object.keys(weights).find((name) => weights[name] === undefined);
    if (unset !== undefined) throw queryError(`the perturbation of weight ${unset} is undefined`, "Leave out a weight that is fixed.");
    const open = Object.fromEntries(names("parameters", options.parameters ?? []).map((name) => [name, name]));
    const graph = this.resolve(new Set(Object.keys(this.checkWeights({ ...weights, ...open }))), options.memory);
    const output = this.outputOf(graph, options.output);
    const instances = this.instancesOf(inputs);
    const feeds: Record<string, HostTensor> = {};
    const sources: SourceStructure[] = [];
    for (const value of graph.inputs) {
      const input = own(inputs, value.name)!;
      const data = checkedNumbers(`the input ${value.name}`, isPerturbed(input) ? input.center : input, value, instances);
      const center: HostTensor = { shape: [instances, 1, ...value.shape], dtype: value.dtype, data };
      if (isPerturbed(input)) this.bind(value, input.set, center, instances, sources, feeds);
      else feeds[inputNames.fixed(value)] = center;
    }
    for (const value of graph.parameters) {
      const stored = { ...value.parameter!, shape: [1, 1, ...value.shape] };
      const set = own(weights, value.name);
      if (set === undefined) feeds[inputNames.fixed(value)] = stored;
      else this.bind(value, set, stored, 1, sources, feeds);
    }
    if (sources.length === 0) throw queryError("nothing is perturbed", "Give at least one input or weight a perturbation.");
    const run = { relaxation: readRelaxation(relaxation, this.registry), alpha: alphaOptions(options.alpha) };
    const problem: BoundProblem = { graph, sources, output, spec: options.spec === undefined ? "elements" : "rows", method, options: run };
    const rows = options.spec === undefined ? undefined : specRows(options.spec, output);
    if (rows === undefined) checkResult(output, instances, options.memory ?? this.engine.memory);
    return {
      problem,
      feeds,
      instances,
      ...(rows !== undefined && { rows }),
      ...(options.memory !== undefined && { memory: options.memory }),
    };
  }

  /** The outputs by the operators' forward rules, in the executor's precision. Throws `LIRPA_DISPOSED` after `dispose()`. */
  async forward(inputs: Readonly<Record<string, Numbers>>): Promise<Record<string, Output>> {
    return this.lifecycle.during(() => this.forwarded(inputs));
  }

  private async forwarded(inputs: Readonly<Record<string, Numbers>>): Promise<Record<string, Output>> {
    const graph = this.resolve(new Set());
    const instances = this.instancesOf(inputs);
    const feeds = Object.fromEntries(graph.inputs.map((value) => {
      const data = checkedNumbers(`the input ${value.name}`, own(inputs, value.name)!, value, instances);
      return [inputNames.fixed(value), { shape: [instances, 1, ...value.shape], dtype: value.dtype, data }];
    }));
    const record = () => {
      const t = new Vocabulary();
      const fixed = new Map(graph.inputs.map((value) => [value, fixedInput(t, value)]));
      const run = new BoundRun(graph, rulesOf, t, new Map(), fixed, { relaxation: new Map() });
      return makeProgram(`${graph.name}:forward`, Object.fromEntries(graph.outputs.map((value, i) => [`output${i}`, run.exact(value)])));
    };
    const results = await this.engine.runWithin(`${await this.id()}|forward`, record, feeds, { record: 0, compile: 0, run: 0 });
    return Object.fromEntries(graph.outputs.map((value, i) => {
      const shape = resultShape(value.shape, instances, undefined);
      const { data } = results[`output${i}`]!;
      return [value.name, { shape, data: data.length === sizeOf(shape) ? data : repeat(data, sizeOf(shape)) }];
    }));
  }

  /** Resolves the graph, or says what is missing: throws `LIRPA_UNSUPPORTED_OPERATOR` and its kin. */
  check(): void {
    this.resolve(new Set());
  }

  private resolve(perturbedParameters: ReadonlySet<string>, memory = 0): ResolvedGraph {
    const key = [...perturbedParameters].sort().join("\n");
    let graph = this.resolved.get(key);
    if (graph === undefined) {
      const shapes = new Map(this.inputs.map(({ name, shape }) => [name, shape]));
      this.resolved.set(key, (graph = resolveGraph(this.graph, this.registry, { shapes, perturbedParameters, memory: Math.max(memory, this.engine.memory) })));
    }
    return graph;
  }

  private checkWeights<T>(weights: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
    for (const name of Object.keys(weights)) {
      const stored = this.graph.initializers.get(name);
      if (stored === undefined) throw queryError(`the model has no parameter ${JSON.stringify(name)}`, `Parameters: ${[...this.graph.initializers.keys()].slice(0, 20).join(", ")}.`);
      if (stored.dtype !== "float") throw queryError(`the parameter ${name} holds integers; only floats can be perturbed`);
    }
    return weights;
  }

  private outputOf(graph: ResolvedGraph, name: string | undefined): Value {
    const names = this.graph.outputs;
    if (name === undefined && names.length > 1) {
      throw new LirpaError("LIRPA_OPTION", `the model has ${names.length} outputs`, { hint: `Choose one of ${names.join(", ")}.` });
    }
    const at = name === undefined ? 0 : names.indexOf(name);
    const value = graph.outputs[at];
    if (value === undefined) throw new LirpaError("LIRPA_OPTION", `the model has no output ${JSON.stringify(name)}`, { hint: `Outputs: ${names.join(", ")}.` });
    if (value.dtype !== "float") throw queryError(`the output ${value.name} holds integers; there is nothing to bound`);
    return value;
  }

  private instancesOf(inputs: Readonly<Record<string, BoundInput | Numbers>>): number {
    demandRecord("inputs", inputs);
    for (const name of Object.keys(inputs)) {
      if (!this.graph.inputs.some((input) => input.name === name)) {
        throw queryError(`the model has no input ${JSON.stringify(name)}`, `Inputs: ${this.graph.inputs.map((input) => input.name).join(", ")}.`);
      }
    }
    const counts = this.inputs.map(({ name, shape }) => {
      const input = own(inputs, name);
      if (input === undefined) throw queryError(`the input ${name} was not given`, `It takes ${sizeOf(shape)} numbers of shape ${showShape(shape)}.`);
      const count = numbersOf(name, input).length / Math.max(1, sizeOf(shape));
      return Number.isInteger(count) && count >= 1 ? count : 1;
    });
    return Math.max(1, ...counts);
  }

  private bind(value: Value, query: PerturbationQuery, center: HostTensor, instances: number, sources: SourceStructure[], feeds: Record<string, HostTensor>): void {
    if (value.dtype !== "float") throw queryError(`the input ${value.name} holds integers; only floats can be perturbed`);
    const shape = batched(value.shape, instances);
    const role = value.parameter === undefined ? "input" : "weight";
    if (role === "weight") demandSingle(`the parameter ${value.name}`, center.data);
    const { perturbation, structure, values } = parseSet(this.registry, query, { name: value.name, shape, role, center: { ...center, shape } });
    feeds[inputNames.center(value)] = center;
    const shapes: Record<string, Shape> = {};
    for (const [key, part] of Object.entries(values)) {
      const perInstance = role === "input" && part.shape.length > 0;
      const own = perInstance ? [part.shape[0]! / instances, ...part.shape.slice(1)] : part.shape;
      if (!Number.isInteger(own[0] ?? 1)) throw new LirpaError("LIRPA_PLUGIN", `the perturbation of ${value.name} gives ${key} of shape ${showShape(part.shape)}, which ${instances} instances do not share`);
      shapes[key] = own;
      feeds[inputNames.setValue(value, key)] = { ...part, shape: [perInstance ? instances : 1, 1, ...own] };
    }
    sources.push({ value, perturbation, structure, values: shapes });
  }

}

/** No chunk of a computation makes its result smaller: two 32-bit floats for each element. */
function checkResult({ name, shape }: Value, instances: number, memory: number): void {
  const bytes = 8 * sizeOf(shape) * instances;
  if (bytes <= memory) return;
  throw new LirpaError("LIRPA_MEMORY", `the bounds of ${name} alone take ${Math.ceil(bytes / 2 ** 20)} MiB; the budget is ${Math.floor(memory / 2 ** 20)} MiB`, {
    hint: "Raise the memory budget, bound fewer instances at a time, or give a spec.",
  });
}

function ifTooLarge(error: unknown): undefined {
  if (!isLirpaError(error) || !["LIRPA_MEMORY", "LIRPA_EXECUTOR"].includes(error.code)) throw error;
}

/** What an optimizing method runs instead of one program; undefined where there is nothing to optimize. */
function optimizationOf(problem: BoundProblem): Optimization | undefined {
  if (problem.method.optimizes !== true) return undefined;
  const optimization = recordOptimization(problem);
  return optimization.variables.length === 0 ? undefined : optimization;
}

function manyPrograms(method: string): LirpaError {
  return new LirpaError("LIRPA_UNSUPPORTED_METHOD", `${method} is a sequence of programs, each run on the results of the one before: no one program gives its bounds`, {
    hint: "Ask for the bounds themselves (model.bounds), or for the program of a method that has one, such as crown.",
  });
}

function names(option: string, list: readonly string[]): readonly string[] {
  if (Array.isArray(list) && list.every((name) => typeof name === "string")) return list;
  throw new LirpaError("LIRPA_OPTION", `${option} is no list of names`, { hint: 'Give a list such as ["weight"].', details: { option } });
}

/** What an object itself has by a name, not what all objects inherit. */
function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function alphaOptions(options: AlphaOptions = {}): AlphaOptions {
  checkOptions(options, ["iterations", "layers"], "alpha");
  const { iterations = 20, layers = "all" } = options;
  if (!Number.isInteger(iterations) || iterations < 1) throw new LirpaError("LIRPA_OPTION", `alpha.iterations is ${iterations}`, { hint: "Give a whole number, 1 or more." });
  if (layers !== "last" && layers !== "all") throw new LirpaError("LIRPA_OPTION", `alpha.layers is ${JSON.stringify(layers)}`, { hint: 'It is "last" or "all".' });
  return { iterations, layers };
}

function instanceShape({ name, shape }: GraphInput): Shape {
  return shape.map((size, axis) => {
    if (typeof size === "number") return size;
    if (axis === 0) return 1;
    throw new LirpaError("LIRPA_MODEL", `the input ${name} has an open size ${size} at axis ${axis}`, { hint: "Only the first axis may be open: fix the others in the model." });
  });
}

function batched(shape: Shape, instances: number): Shape {
  return instances === 1 || shape.length === 0 ? shape : [shape[0]! * instances, ...shape.slice(1)];
}

function resultShape(shape: Shape, instances: number, rows: number | undefined): number[] {
  if (rows === undefined) return shape.length === 0 && instances > 1 ? [instances] : [...batched(shape, instances)];
  return shape.length < 2 && instances === 1 ? [rows] : [(shape.length < 2 ? 1 : shape[0]!) * instances, rows];
}

/** Every row of C at every batch row of the output: `[1, batch · rows, ...shape]`. */
function specRows(spec: readonly Numbers[], output: Value): HostTensor {
  if (!Array.isArray(spec)) throw queryError("the spec is no list of rows", "Give one list of numbers for each row, as in [[1, -1]].");
  if (spec.length === 0) throw queryError("the spec has no rows", "Leave it out to bound the output itself.");
  const batch = output.shape.length < 2 ? 1 : output.shape[0]!;
  const width = sizeOf(output.shape) / batch;
  const data = new Float32Array(batch * spec.length * batch * width);
  spec.forEach((row, k) => {
    demandNumbers(`row ${k} of the spec`, demandList(`row ${k} of the spec`, row));
    if (row.length !== width) throw queryError(`row ${k} of the spec has ${row.length} numbers; the output ${output.name} takes ${width}`);
    for (let i = 0; i < width; i++) if (!isSingle(row[i]!)) throw queryError(`row ${k} of the spec is ${row[i]} at position ${i}`, SINGLE_HINT);
    for (let b = 0; b < batch; b++) data.set(row, ((b * spec.length + k) * batch + b) * width);
  });
  return { shape: [1, batch * spec.length, ...output.shape], dtype: "float", data };
}

/** One result for all instances: the perturbation does not reach this output, or only weights move. */
function repeat(data: HostTensor["data"], size: number): HostTensor["data"] {
  const result = new Float64Array(size);
  for (let start = 0; start < size; start += data.length) result.set(data, start);
  return result;
}
