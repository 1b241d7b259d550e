import type { Feeds } from "../plugin/executor.js";
import { isLirpaError, LirpaError } from "../plugin/errors.js";
import type { PerturbationQuery } from "../plugin/perturbation.js";
import { checkMemory, checkOptions } from "../plugin/options.js";
import type { Port, Program } from "../plugin/program.js";
import type { HostTensor, Shape } from "../plugin/tensor.js";
import type { Pair, Side } from "../plugin/pair.js";
import { SIDES } from "../bounds/problem.js";
import type { ResolvedNode } from "../graph/resolved.js";
import { domainOutput, domainWarning, partialNodes, recordDomains, type Warning } from "../bounds/recording/domains.js";
import { recordClean } from "../bounds/recording/clean.js";
import { resultNames } from "../bounds/recording/results.js";
import type { Method } from "../methods/method.js";
import { contentKey } from "../program/fingerprint.js";
import type { Account, KnownProgram, Seconds, StopSignal } from "../run/call-host.js";
import { newSeconds, type Engine, type EngineCall } from "../run/engine.js";
import type { MethodState, Numbers as Fed } from "../run/host.js";
import type { Lifecycle } from "../run/lifecycle.js";
import { sizeOf } from "../tensor/shapes.js";
import { explained, type NodeExplanation } from "./explain.js";
import { batchOf, numbersOf, type ProblemNumbers } from "./numbers.js";
import type { BoundInput } from "./query.js";
import { batched, type ReadSets } from "./sets.js";
import { valueNamed, type Asked } from "./structure.js";

/** How far a call may go. */
export interface CallOptions {
  /** Bytes that intermediate values may take. */
  readonly memory?: number;
  /** Ends the computation: then it throws `LIRPA_ABORTED`. */
  readonly signal?: StopSignal;
  /**
   * Seconds. A method that has bounds by then gives them, with a warning `LIRPA_TIME`; others throw `LIRPA_TIME` before the
   * next program would run.
   */
  readonly timeLimit?: number;
  /** Told how much of the work is done, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** The numbers of a call, besides those of its inputs, and its limits. */
export interface PreparedOptions extends ProblemNumbers, CallOptions {
  /** Sets around stored parameters, as the problem was prepared with. */
  readonly weights?: Readonly<Record<string, PerturbationQuery>>;
}

export const NUMBER_OPTIONS = ["spec", "given", "constraints", "start", "weights"] as const;
export const CALL_OPTIONS = ["memory", "signal", "timeLimit", "onProgress"] as const;

/** Linear functions of the perturbed values between which every row lies, on the whole set. */
export interface LinearForms {
  /** By perturbed value: coefficients of each row's two forms. `shape` is that of the result, then that of the value. */
  readonly coefficients: Readonly<Record<string, Pair<Float64Array> & { readonly shape: Shape }>>;
  readonly constants: Pair<Float64Array>;
}

/** A lower and an upper bound of every element of an output, or of every row of a spec; row-major. */
export interface Bounds extends Pair<Float64Array> {
  readonly method: string;
  readonly shape: Shape;
  readonly seconds: Readonly<Seconds>;
  /** What the bounds do not show; empty where there is nothing. */
  readonly warnings: readonly Warning[];
  /** Where `forms` was asked. */
  readonly forms?: LinearForms;
  /** Bounds of the values that `intermediate` names. */
  readonly intermediate?: Readonly<Record<string, Pair<Float64Array> & { readonly shape: Shape }>>;
  /** Where a later call of the same structure may start, of methods that optimize. */
  readonly state?: MethodState;
}

/** A bound computation, prepared: programs are recorded and compiled once, for any numbers. */
export interface Prepared {
  readonly method: string;
  /** What its program is fed. Throws like `program`. */
  readonly ports: readonly Port[];
  /**
   * Bounds for these numbers. Sets must be of the structure that was prepared. Numbers are copied before it returns. Throws
   * `LIRPA_QUERY`, `LIRPA_PERTURBATION`, `LIRPA_MEMORY`, or `LIRPA_DISPOSED` after `dispose()`.
   */
  bounds(inputs: Readonly<Record<string, BoundInput>>, options?: PreparedOptions): Promise<Bounds>;
  /** What to feed its program for these numbers, by the ports' names. */
  feeds(inputs: Readonly<Record<string, BoundInput>>, options?: PreparedOptions): Feeds;
  /**
   * The program whose outputs are what `bounds` gives: what `emitOnnx` writes to a file. Its inputs have the physical shape
   * `[instances or 1, rows or 1, ...shape]`. Where the memory budget is too small for it, `bounds` computes the same by
   * several programs. Throws `LIRPA_UNSUPPORTED_METHOD` where no one program gives the method's bounds.
   */
  program(): Program;
  /**
   * A program of what the network itself computes at the centers of the sets: these values, or the output, by their
   * names. It is fed as `program` is, so that both can be parts of one (`extendProgram`): batch statistics and the loss
   * of the images themselves, say. Throws `LIRPA_QUERY` for a value that there is not.
   */
  clean(values?: readonly string[]): Program;
  /**
   * The rule of each node, and how the rows that bound its elements were held in the programs that the last call of `bounds`
   * ran; before the first one as its program has them, where there is one.
   */
  explain(): readonly NodeExplanation[];
  /** Nothing more is asked of it; its programs make room for others. */
  dispose(): Promise<void>;
}

/** What a prepared problem needs of its model. */
export interface PreparedContext {
  readonly engine: Engine;
  readonly lifecycle: Lifecycle;
  /** The key of the problem, which says all that its programs depend on. */
  readonly key: () => Promise<string>;
  read(inputs: Readonly<Record<string, BoundInput>>, weights: Readonly<Record<string, PerturbationQuery>>): ReadSets;
}

export class PreparedProblem implements Prepared {
  private recorded: Program | undefined;
  /** How the programs of the last call held rows. */
  private rows: Readonly<Record<string, string>> | undefined;
  private readonly known = new Map<string, KnownProgram>();
  private isDisposed = false;
  private knownKey: string | undefined;
  private readonly structure: string;
  /** Nodes whose inputs may leave their operators' domains. */
  private readonly partial: readonly ResolvedNode[];

  constructor(
    readonly asked: Asked,
    private readonly context: PreparedContext,
  ) {
    this.partial = partialNodes(asked.problem.graph);
    this.structure = contentKey(asked.problem.sources.map(({ value, structure, values }) => [value.name, structure, values]));
  }

  get method(): string {
    return this.asked.method.name;
  }

  get ports(): readonly Port[] {
    return this.program().inputs;
  }

  async bounds(inputs: Readonly<Record<string, BoundInput>>, options: PreparedOptions = {}): Promise<Bounds> {
    return this.context.lifecycle.during(() => this.run(this.read(inputs, options), options));
  }

  feeds(inputs: Readonly<Record<string, BoundInput>>, options: PreparedOptions = {}): Feeds {
    const { feeds, rows } = this.read(inputs, options);
    return rows === undefined ? feeds : { ...feeds, rows };
  }

  program(): Program {
    this.demandAlive();
    const { method, problem, options } = this.asked;
    this.recorded ??= method.program?.(problem, options);
    if (this.recorded === undefined) throw manyPrograms(method);
    return this.recorded;
  }

  clean(values: readonly string[] = [this.asked.problem.output.name]): Program {
    this.demandAlive();
    const { problem } = this.asked;
    return recordClean(problem, values.map((name) => valueNamed(problem.graph, "clean", name)));
  }

  explain(): readonly NodeExplanation[] {
    this.demandAlive();
    const { problem, method, options } = this.asked;
    const rows = this.rows ?? method.program?.(problem, options)?.rows ?? {};
    return explained(problem.graph, rows);
  }

  async dispose(): Promise<void> {
    this.isDisposed = true;
    this.recorded = undefined;
    this.known.clear();
    await this.context.engine.forget(await this.context.key());
  }

  /** Bounds for what was read: every number is copied by now. */
  async run(numbers: Fed, options: CallOptions & Pick<ProblemNumbers, "start">): Promise<Bounds> {
    const { method } = this.asked;
    const key = (this.knownKey ??= await this.context.key());
    const account = { ...accountOf(key, options, this.context.engine.memory), known: this.known };
    checkResult(this.asked, numbers, account.budget);
    const call: EngineCall = { ...this.asked, numbers, ...(options.start !== undefined && { start: options.start }) };
    const { results, state, isCutShort } = await this.context.engine.bounds(call, account);
    this.rows = account.rows;
    const domains = this.partial.length === 0 ? [] : await this.domains(numbers, key, { ...account.seconds });
    const warnings = isCutShort === true ? [...domains, cutShort(method)] : domains;
    return { method: method.name, ...this.resultOf(results, numbers), seconds: account.seconds, warnings, ...(state !== undefined && { state }) };
  }

  /** Reads numbers, and refuses sets of another structure than what was prepared. */
  private read(inputs: Readonly<Record<string, BoundInput>>, options: PreparedOptions): Fed {
    this.demandAlive();
    checkOptions(options, [...NUMBER_OPTIONS, ...CALL_OPTIONS], "bounds of a prepared problem");
    const { problem } = this.asked;
    const sets = this.context.read(inputs, options.weights ?? {});
    const given = problem.sources.map(({ value }) => {
      const own = (value.parameter === undefined ? sets.inputs : sets.weights)[value.name];
      return [value.name, own?.structure, own?.values];
    });
    const count = Object.keys(sets.inputs).length + Object.keys(sets.weights).length;
    if (contentKey(given) !== this.structure || count !== given.length) throw otherStructure(problem.sources.map(({ value }) => value.name));
    if ((options.spec === undefined) !== (problem.spec === "elements")) {
      throw new LirpaError("LIRPA_QUERY", `the problem was prepared for ${problem.spec}, and the spec is ${options.spec === undefined ? "left out" : "given"}`, {
        hint: "Prepare another problem for it.",
      });
    }
    return numbersOf(problem, sets, options);
  }

  private demandAlive(): void {
    this.context.lifecycle.demandAlive();
    if (this.isDisposed) throw new LirpaError("LIRPA_DISPOSED", "the prepared problem was disposed of", { hint: "Prepare it again." });
  }

  /**
   * Nodes whose inputs may leave an operator's domain: first by intervals, which cost little, and where these cannot
   * exclude it by the bounds that the method relies on, as far as they fit the budget.
   */
  private async domains({ feeds }: Fed, key: string, seconds: Seconds): Promise<Warning[]> {
    const { problem, method } = this.asked;
    let suspects = this.partial;
    const ways = [undefined, method.recipe?.intermediate].filter((way, i) => i === 0 || way !== undefined);
    for (const [i, intermediate] of ways.entries()) {
      if (suspects.length === 0) break;
      const nodes = suspects;
      const name = `${key}|domains ${i} ${nodes.map(({ order }) => order).join()}`;
      const found = await this.context.engine.run(name, () => recordDomains(problem, nodes, intermediate), feeds, seconds).catch(ifTooLarge);
      if (found !== undefined) suspects = nodes.filter((_, at) => found[domainOutput(at)]?.data.some((count) => !(count <= 0)));
    }
    return suspects.map(domainWarning);
  }

  private resultOf(results: Feeds, { instances, rows }: Fed): Pick<Bounds, "lower" | "upper" | "shape" | "forms" | "intermediate"> {
    const { problem } = this.asked;
    const count = rows === undefined ? undefined : rows.shape[1]! / batchOf(problem.output);
    const shape = resultShape(problem.output.shape, instances, count);
    const { wanted } = problem;
    return {
      ...ends((side) => repeated(results[side]!, sizeOf(shape))),
      shape,
      ...(wanted.forms && { forms: formsOf(this.asked, results, shape) }),
      ...(wanted.intermediate.length > 0 && {
        intermediate: Object.fromEntries(wanted.intermediate.map((value) => {
          const own = batched(value.shape, instances);
          return [value.name, { ...ends((side) => repeated(results[resultNames.intermediate(value, side)]!, sizeOf(own))), shape: own }];
        })),
      }),
    };
  }
}

function ends(of: (side: Side) => Float64Array): Pair<Float64Array> {
  return { lower: of("lower"), upper: of("upper") };
}

/** A side that nobody asked for has coefficients of zero and an infinite constant; so has what is no number. */
function formsOf({ problem }: Asked, results: Feeds, shape: Shape): LinearForms {
  const rows = sizeOf(shape);
  const constants = ends((side) => {
    const given = results[resultNames.constant(side)];
    const infinite = side === "lower" ? -Infinity : Infinity;
    return given === undefined ? new Float64Array(rows).fill(infinite) : repeated(given, rows);
  });
  const coefficients = problem.sources.map(({ value }) => {
    const all = [...shape, ...value.shape];
    const own = ends((side) => {
      const given = results[resultNames.coefficients(value, side)];
      return given === undefined ? new Float64Array(sizeOf(all)) : repeated(given, sizeOf(all));
    });
    return [value.name, { ...own, shape: all }] as const;
  });
  for (const side of SIDES) for (const [, form] of coefficients) dropUnbounded(form[side], constants[side], side);
  return { coefficients: Object.fromEntries(coefficients), constants };
}

function dropUnbounded(coefficients: Float64Array, constants: Float64Array, side: Side): void {
  const size = coefficients.length / constants.length;
  for (let row = 0; row < constants.length; row++) {
    const own = coefficients.subarray(row * size, (row + 1) * size);
    if (Number.isFinite(constants[row]) && own.every(Number.isFinite)) continue;
    own.fill(0);
    constants[row] = side === "lower" ? -Infinity : Infinity;
  }
}

/** Results that all instances share, because only weights move say, are repeated for each. */
function repeated({ data }: HostTensor, size: number): Float64Array {
  if (data.length === size) return data instanceof Float64Array ? data : new Float64Array(data);
  const result = new Float64Array(size);
  for (let start = 0; start < size; start += data.length) result.set(data, start);
  return result;
}

export function resultShape(shape: Shape, instances: number, rows: number | undefined): number[] {
  if (rows === undefined) return shape.length === 0 && instances > 1 ? [instances] : [...batched(shape, instances)];
  return shape.length < 2 && instances === 1 ? [rows] : [(shape.length < 2 ? 1 : shape[0]!) * instances, rows];
}

function accountOf(key: string, { memory, signal, timeLimit, onProgress }: CallOptions, own: number): Account {
  checkMemory(memory);
  if (timeLimit !== undefined && !(typeof timeLimit === "number" && timeLimit > 0)) {
    throw new LirpaError("LIRPA_OPTION", `timeLimit is ${String(timeLimit)}`, { hint: "Give a number of seconds above zero." });
  }
  return {
    key,
    budget: memory ?? own,
    seconds: newSeconds(),
    rows: {},
    ...(signal !== undefined && { signal }),
    ...(timeLimit !== undefined && { deadline: performance.now() + 1000 * timeLimit }),
    ...(onProgress !== undefined && { onProgress }),
  };
}

/** No chunk of a computation makes its result smaller: two 32-bit floats for each element. */
function checkResult({ problem }: Asked, { instances, rows }: Fed, budget: number): void {
  const { name, shape } = problem.output;
  const bytes = 8 * sizeOf(shape) * instances;
  if (rows !== undefined || bytes <= budget) return;
  throw new LirpaError("LIRPA_MEMORY", `the bounds of ${name} alone take ${Math.ceil(bytes / 2 ** 20)} MiB; the budget is ${Math.floor(budget / 2 ** 20)} MiB`, {
    hint: "Raise the memory budget, bound fewer instances at a time, or give a spec.",
  });
}

function ifTooLarge(error: unknown): undefined {
  if (!isLirpaError(error) || !["LIRPA_MEMORY", "LIRPA_EXECUTOR"].includes(error.code)) throw error;
}

function cutShort({ name }: Method): Warning {
  return { code: "LIRPA_TIME", message: `the time limit ended ${name} early: the bounds hold, and more time may improve them` };
}

function otherStructure(names: readonly string[]): LirpaError {
  return new LirpaError("LIRPA_QUERY", `the sets are of another structure than what was prepared: one around each of ${names.join(", ")}`, {
    hint: "Radii and limits may change; a norm, a type or what is perturbed takes another prepared problem.",
  });
}

function manyPrograms({ name }: Method): LirpaError {
  return new LirpaError("LIRPA_UNSUPPORTED_METHOD", `${name} is a sequence of programs, each run on the results of the one before: no one program gives its bounds`, {
    hint: "Ask for the bounds themselves (model.bounds), or for the program of a method that has one, such as crown.",
  });
}
