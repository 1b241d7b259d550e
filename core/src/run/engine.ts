import { inject, injectable } from "tsyringe";
import { isLirpaError, LirpaError } from "../plugin/errors.js";
import type { CompiledProgram, Executor } from "../plugin/executor.js";
import type { Program } from "../plugin/program.js";
import type { HostTensor } from "../plugin/tensor.js";
import type { Value } from "../graph/resolved.js";
import { checkDepth, inputNames, intervalNames, mayBeTooDeep, recordIntervals, recordLast, recordStage, recordWhole, rowStages, selectiveOf, type BoundProblem } from "../bounds/recording/record.js";
import { allPlaces, joinInstances, joinRows, sliceInstances, sliceRows, withPlaced } from "./chunks.js";
import { recordOptimization, type Optimization } from "../methods/alpha-crown/optimize.js";
import { optimize, planOf } from "../methods/alpha-crown/optimizer.js";
import { areNumbers, asBounds, type Ends } from "./ends.js";
import { Lifecycle } from "./lifecycle.js";
import type { KeptPrograms } from "../program/kept.js";
import { bytesFor, memoryOf, rowsWithin, type MemoryNeeds } from "./memory.js";
import { sizeOf } from "../tensor/shapes.js";
import { TOKENS } from "../tokens.js";

/** Steps of an optimization where nobody says. */
const ITERATIONS = 20;

/** Programs of stages keep their memory between runs if this many of the kind would fit the budget. */
const KEPT_AT_ONCE = 32;

/** A stage's rows take one part in so many of the budget. */
const STAGE_SHARE = 4;

/** Seconds spent on recording, on compiling and on running; the first two are zero where a program was cached. */
export interface Seconds {
  record: number;
  compile: number;
  run: number;
}

/** A problem with the numbers that it is asked for. */
export interface EngineRequest {
  readonly problem: BoundProblem;
  /** Identifies the problem: what its programs depend on. */
  readonly key: string;
  readonly feeds: Readonly<Record<string, HostTensor>>;
  /** Rows of the spec in the output's shape: `[1, rows, ...shape]`. */
  readonly rows?: HostTensor;
  readonly instances: number;
  /** Bytes that intermediate values may take; the instance's own budget where absent. */
  readonly memory?: number;
}

/** Lower and upper ends, `[instances, rows, ...shape]`. */
export interface RawBounds {
  readonly lower: HostTensor;
  readonly upper: HostTensor;
  readonly seconds: Seconds;
  /** How many runs of programs it took. */
  readonly runs: number;
}

/** A program by its key: what it takes is known without recording it, where a cache remembers. */
interface Part {
  readonly key: string;
  readonly needs: MemoryNeeds;
  record(): Program;
}

/** One call of `bounds`: what it may take, and what it took. */
interface Account {
  readonly budget: number;
  readonly seconds: Seconds;
  runs: number;
}

/**
 * Runs bound computations: one program where its values fit the memory budget, in chunks of instances and of rows;
 * otherwise one program per intermediate value, in chunks of rows, instance by instance.
 */
@injectable()
export class Engine {
  private living = new Lifecycle();
  private ended: Promise<unknown> = Promise.resolve();
  /** Problems of which something was no number, by their keys. */
  private readonly unbounded = new Set<string>();

  constructor(
    @inject(TOKENS.executor) private readonly executor: Executor,
    @inject(TOKENS.programs) private readonly kept: KeptPrograms,
    @inject(TOKENS.memory) readonly memory: number,
  ) {}

  /** Like `run`, of a program of which nobody knows yet whether its values fit the instance's budget. */
  async runWithin(key: string, record: () => Program, feeds: Readonly<Record<string, HostTensor>>, seconds: Seconds): Promise<Record<string, HostTensor>> {
    const within = (): Program => {
      const program = record();
      const bytes = bytesFor(memoryOf(program), 1, 1);
      if (bytes > this.memory) throw tooLarge(program.name, bytes, this.memory);
      return program;
    };
    return this.run(key, within, feeds, seconds);
  }

  /** Compiles a program once per key and runs it. */
  async run(key: string, record: () => Program, feeds: Readonly<Record<string, HostTensor>>, seconds: Seconds): Promise<Record<string, HostTensor>> {
    return this.kept.use(key, () => this.compile(record, seconds), (program) => timedRun(program, feeds, seconds));
  }

  /** The calls of models that are made from now on, until `dispose`. */
  get lifecycle(): Lifecycle {
    return this.living;
  }

  /** Waits for the calls that are under way, and gives back all that they left behind. */
  async dispose(): Promise<void> {
    const before = this.living;
    this.living = new Lifecycle();
    this.unbounded.clear();
    this.ended = Promise.all([this.ended, before.end(() => this.kept.dispose())]);
    await this.ended;
  }

  private async compile(record: () => Program, seconds: Seconds): Promise<CompiledProgram> {
    const start = performance.now();
    const program = record();
    const recorded = performance.now();
    seconds.record += (recorded - start) / 1000;
    const compiled = await this.executor.compile(program);
    seconds.compile += (performance.now() - recorded) / 1000;
    return compiled;
  }

  /** What was found out of a problem before. */
  private noted<T>(key: string, find: () => T): Promise<T> {
    return this.kept.note(key, find);
  }

  /** Finds out what a program takes, by recording it unless that was noted before. */
  private async part(key: string, record: () => Program, { seconds, budget }: Account): Promise<Part> {
    let recorded: Program | undefined;
    const needs = await this.noted(`${key}|memory`, () => {
      const start = performance.now();
      recorded = record();
      const needs = memoryOf(recorded);
      // It will not be compiled; and its recording takes memory, too.
      if (bytesFor(needs, 1, 1) > budget) recorded = undefined;
      seconds.record += (performance.now() - start) / 1000;
      return needs;
    });
    return { key, needs, record: () => recorded ?? record() };
  }

  /**
   * Bounds of a problem; an end is a number, or infinite on its own side. Programs take values for numbers and find out
   * where one is none. Where that happened, programs that expect values without bounds are run as well.
   */
  async bounds(request: EngineRequest): Promise<RawBounds> {
    const { key, problem } = request;
    const plain = this.unbounded.has(key) ? undefined : await this.attempt(request).catch(failedByValue);
    if (plain !== undefined && areNumbers(plain)) return asBounds(plain);
    this.unbounded.add(key);
    const expecting = { ...request, key: `${key}|unbounded`, problem: { ...problem, options: { ...problem.options, unbounded: true } } };
    return asBounds(await this.attempt(expecting).catch((error: unknown) => {
      // These programs take more memory; what the others found is sound, too.
      if (plain !== undefined && isLirpaError(error) && error.code === "LIRPA_MEMORY") return plain;
      throw error;
    }));
  }

  private async attempt(request: EngineRequest): Promise<RawBounds> {
    const budget = request.memory ?? this.memory;
    if (mayBeTooDeep(request.problem)) await this.noted(`${request.key}|depth`, () => (checkDepth(request.problem), true));
    if (request.problem.method.optimizes === true) {
      const optimized = await this.optimized(request, budget);
      if (optimized !== undefined) return optimized;
    }
    const account: Account = { budget, seconds: { record: 0, compile: 0, run: 0 }, runs: 0 };
    const { problem, key, instances } = request;
    const whole = await this.part(key, () => recordWhole(problem), account);
    const atOnce = Math.min(instances, Math.floor(budget / bytesFor(whole.needs, 1, 1)));
    if (atOnce === instances) return { ...(await this.inRows(whole, request, request.rows, account)), seconds: account.seconds, runs: account.runs };
    const parts: { readonly ends: Ends; readonly instances: number }[] = [];
    for (let from = 0; from < instances; from += Math.max(1, atOnce)) {
      const to = Math.min(instances, from + Math.max(1, atOnce));
      const some = { ...request, feeds: sliceInstances(request.feeds, instances, from, to), instances: to - from };
      parts.push({ ends: atOnce >= 1 ? await this.inRows(whole, some, some.rows, account) : await this.staged(some, account, whole.needs), instances: to - from });
    }
    const joined = (end: keyof Ends): HostTensor => joinInstances(parts.map(({ ends, instances }) => ({ result: ends[end], instances })));
    return { lower: joined("lower"), upper: joined("upper"), seconds: account.seconds, runs: account.runs };
  }

  /** Runs a program for all rows that are fed, as many at a time as fit. */
  private async inRows({ key, needs, record }: Part, { feeds, instances }: Pick<EngineRequest, "feeds" | "instances">, rows: HostTensor | undefined, account: Account, inTurns = false): Promise<Ends> {
    const count = rows?.shape[1] ?? 1;
    // Many rows at a time are no faster than some hundreds; of programs in turn each holds less than all might take.
    const limit = inTurns ? needs.fixed + (account.budget - needs.fixed) / STAGE_SHARE : account.budget;
    const chunk = Math.max(1, rowsWithin(needs, limit, instances, count));
    return this.kept.use(key, () => this.compile(record, account.seconds), async (program) => {
      const parts: Record<string, HostTensor>[] = [];
      for (let from = 0; from < count; from += chunk) {
        const part = rows === undefined ? {} : { [inputNames.rows]: sliceRows(rows, from, Math.min(count, from + chunk)) };
        parts.push(await timedRun(program, { ...feeds, ...part }, account.seconds));
        account.runs++;
      }
      // One of several programs in turn: the next one may need the memory.
      if (inTurns && bytesFor(needs, chunk, instances) * KEPT_AT_ONCE > account.budget) await program.release?.();
      return { lower: joinRows(parts.map(({ lower }) => lower!)), upper: joinRows(parts.map(({ upper }) => upper!)) };
    });
  }

  /** Optimizes the free values of relaxations; undefined where there are none. */
  private async optimized({ problem, key, feeds, rows, instances }: EngineRequest, budget: number): Promise<RawBounds | undefined> {
    const seconds: Seconds = { record: 0, compile: 0, run: 0 };
    // Recorded at most once in this call, and only where a program or what is noted of it is not there yet.
    let recorded: Optimization | undefined;
    const recording = (): Optimization => (recorded ??= timed(seconds, () => recordOptimization(problem)));
    const plan = await this.noted(`${key}|optimization`, () => planOf(recording()));
    if (plan.variables.length === 0) return undefined;
    const bytes = Math.max(...plan.needs.map((needs) => bytesFor(needs, rows?.shape[1] ?? 1, instances)));
    if (bytes > budget) {
      throw new LirpaError("LIRPA_MEMORY", `a step of ${problem.method.name} takes ${size(bytes)}; the budget is ${size(budget)}`, {
        hint: "Raise the memory budget, bound fewer rows or instances at a time, or optimize the last layer only.",
      });
    }
    const iterations = problem.options.alpha?.iterations ?? ITERATIONS;
    const all = { ...feeds, ...(rows !== undefined && { [inputNames.rows]: rows }) };
    const { lower, upper } = await optimize(plan, all, iterations, (part, state) => this.run(`${key}|${part}`, () => recording()[part], state, seconds));
    const { shape } = problem.output;
    const reshaped = (end: HostTensor): HostTensor => (rows === undefined ? { ...end, shape: [end.shape[0]!, 1, ...shape] } : end);
    return { lower: reshaped(lower), upper: reshaped(upper), seconds, runs: iterations + 1 };
  }

  /** Value by value, for one instance. */
  private async staged(request: EngineRequest, account: Account, whole: MemoryNeeds): Promise<Ends> {
    const { problem, key, feeds, rows } = request;
    const { output, spec, method } = problem;
    // All elements at once, without rows: nothing to take in turns.
    if (spec === "elements" && method.elements !== undefined) throw tooLarge(`${method.name} of ${output.name}`, bytesFor(whole, 1, 1), account.budget);
    const stages = await this.stagesOf(request, account);
    const known: Record<string, HostTensor> = { ...feeds };
    const selective = stages.filter((stage) => stage.selective).map(({ value }) => value);
    const intervals = selective.length === 0 ? {} : await this.run(`${key}|intervals`, () => recordIntervals(problem, selective), feeds, account.seconds);
    const values = stages.map(({ value }) => value);
    for (const [i, value] of values.entries()) {
      const places = intervals[intervalNames.index(value)] ?? allPlaces(sizeOf(value.shape));
      const ends = await this.stage(value, `stage:${value.name}`, () => recordStage(problem, value, values.slice(0, i)), { ...request, feeds: known, rows: asRows(places) }, account);
      for (const end of ["lower", "upper"] as const) {
        const base = intervals[intervalNames.end(value, end)];
        const all = base === undefined ? ends[end] : withPlaced(base, places.data, ends[end]);
        known[inputNames.given(value, end)] = { ...all, shape: [1, 1, ...value.shape] };
      }
    }
    const asked = spec === "rows" ? rows! : allPlaces(sizeOf(output.shape));
    const { lower, upper } = await this.stage(output, "last", () => recordLast(problem, values), { ...request, feeds: known, rows: asked }, account);
    const reshaped = (end: HostTensor): HostTensor => (spec === "rows" ? end : { ...end, shape: [end.shape[0]!, 1, ...output.shape] });
    return { lower: reshaped(lower), upper: reshaped(upper) };
  }

  private async stage(value: Value, name: string, record: () => Program, request: EngineRequest, account: Account): Promise<Ends> {
    const part = await this.part(`${request.key}|${name}`, record, account);
    if (rowsWithin(part.needs, account.budget, 1, 1) < 1) throw tooLarge(`bounding ${value.name}, even row by row,`, bytesFor(part.needs, 1, 1), account.budget);
    return this.inRows(part, request, request.rows, account, true);
  }

  /** The values that a problem is bounded by, in order. */
  private async stagesOf({ key, problem }: EngineRequest, { seconds }: Account): Promise<{ readonly value: Value; readonly selective: boolean }[]> {
    const noted = await this.noted(`${key}|stages`, () => {
      const start = performance.now();
      const stages = rowStages(problem);
      const selective = selectiveOf(problem, stages);
      const found = stages.map((value) => ({ name: value.name, selective: selective.includes(value) }));
      seconds.record += (performance.now() - start) / 1000;
      return found;
    });
    const values = new Map(problem.graph.nodes.flatMap(({ outputs }) => outputs).map((value) => [value.name, value]));
    return noted.map(({ name, selective }) => ({ value: values.get(name)!, selective }));
  }
}

function timed<T>(seconds: Seconds, record: () => T): T {
  const start = performance.now();
  const result = record();
  seconds.record += (performance.now() - start) / 1000;
  return result;
}

/** An index that was computed from what is no number may lie outside: the executor stops there. */
function failedByValue(error: unknown): undefined {
  if (!isLirpaError(error) || error.code !== "LIRPA_EXECUTOR") throw error;
}

async function timedRun(program: CompiledProgram, feeds: Readonly<Record<string, HostTensor>>, seconds: Seconds): Promise<Record<string, HostTensor>> {
  const start = performance.now();
  const result = await program.run(feeds);
  seconds.run += (performance.now() - start) / 1000;
  return result;
}

function tooLarge(what: string, bytes: number, budget: number): LirpaError {
  return new LirpaError("LIRPA_MEMORY", `${what} takes ${size(bytes)}; the budget is ${size(budget)}`, { hint: "Raise the memory budget." });
}

/** At least as much, in a unit that shows it. */
function size(bytes: number): string {
  return bytes < 2 ** 20 ? `${Math.ceil(bytes / 2 ** 10)} KiB` : `${Math.ceil(bytes / 2 ** 20)} MiB`;
}

/** Places that a program chose, as rows to feed. */
function asRows({ dtype, data }: HostTensor): HostTensor {
  return { shape: [1, data.length], dtype, data };
}
