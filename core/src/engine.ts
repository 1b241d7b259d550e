import { inject, injectable } from "tsyringe";
import { LirpaError } from "./plugin/errors.js";
import type { CompiledProgram, Executor } from "./plugin/executor.js";
import type { Program } from "./plugin/program.js";
import type { HostTensor } from "./plugin/tensor.js";
import type { Value } from "./graph/resolved.js";
import { inputNames, peakBytes, recordStage, recordWhole, rowStages, type BoundProblem } from "./bounds/record.js";
import { recordOptimization, type Optimization } from "./bounds/optimize.js";
import { optimize } from "./optimizer.js";
import type { ProgramCache } from "./program/cache.js";
import { sizeOf } from "./tensor/shapes.js";
import { TOKENS } from "./tokens.js";

/** Steps of an optimization where nobody says. */
const ITERATIONS = 20;

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

/**
 * Runs bound computations: one program where its values fit the memory budget, otherwise one program per intermediate
 * value, in chunks of rows.
 */
@injectable()
export class Engine {
  constructor(
    @inject(TOKENS.executor) private readonly executor: Executor,
    @inject(TOKENS.cache) private readonly cache: ProgramCache,
    @inject(TOKENS.memory) private readonly memory: number,
  ) {}

  /** Compiles a program once per key and runs it. */
  async run(key: string, record: () => Program, feeds: Readonly<Record<string, HostTensor>>, seconds: Seconds): Promise<Record<string, HostTensor>> {
    const program = await this.cache.get(`${this.executor.name}|${key}`, () => this.compile(record, seconds));
    const start = performance.now();
    const result = await program.run(feeds);
    seconds.run += (performance.now() - start) / 1000;
    return result;
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

  async bounds(request: EngineRequest): Promise<RawBounds> {
    const budget = request.memory ?? this.memory;
    if (request.problem.method.optimizes === true) {
      const optimized = await this.optimized(request, budget);
      if (optimized !== undefined) return optimized;
    }
    const plan = this.planOf(request);
    const rows = request.rows?.shape[1] ?? 1;
    const fixedPart = plan.fixedBytes * request.instances;
    if (fixedPart > budget) return this.staged(request, budget);
    const chunk = Math.max(1, Math.min(rows, Math.floor(budget / (plan.bytesPerRow * request.instances))));
    const seconds: Seconds = { record: plan.seconds, compile: 0, run: 0 };
    plan.seconds = 0;
    const parts: Record<string, HostTensor>[] = [];
    for (let from = 0; from < rows; from += chunk) {
      const feeds = request.rows === undefined ? request.feeds : { ...request.feeds, [inputNames.rows]: sliceRows(request.rows, from, Math.min(rows, from + chunk)) };
      parts.push(await this.run(request.key, () => plan.program, feeds, seconds));
    }
    return { lower: joinRows(parts.map(({ lower }) => lower!)), upper: joinRows(parts.map(({ upper }) => upper!)), seconds, runs: parts.length };
  }

  /** Optimizes the free values of relaxations; undefined where there are none. */
  private async optimized({ problem, key, feeds, rows, instances }: EngineRequest, budget: number): Promise<RawBounds | undefined> {
    const start = performance.now();
    let recorded = this.optimizations.get(key);
    if (recorded === undefined) this.optimizations.set(key, (recorded = recordOptimization(problem)));
    if (recorded.variables.length === 0) return undefined;
    const bytes = Math.max(peakBytes(recorded.prepare, rows?.shape[1] ?? 1), peakBytes(recorded.step, rows?.shape[1] ?? 1)) * instances;
    if (bytes > budget) {
      throw new LirpaError("LIRPA_MEMORY", `a step of ${problem.method.name} takes ${mebibytes(bytes)} MiB; the budget is ${mebibytes(budget)} MiB`, {
        hint: "Raise the memory budget, bound fewer rows or instances at a time, or optimize the last layer only.",
      });
    }
    const seconds: Seconds = { record: (performance.now() - start) / 1000, compile: 0, run: 0 };
    const iterations = problem.options.alpha?.iterations ?? ITERATIONS;
    const all = { ...feeds, ...(rows !== undefined && { [inputNames.rows]: rows }) };
    const { lower, upper } = await optimize(recorded, all, iterations, (part, program, state) => this.run(`${key}|${part}`, () => program, state, seconds));
    const { shape } = problem.output;
    const reshaped = (end: HostTensor): HostTensor => (rows === undefined ? { ...end, shape: [end.shape[0]!, 1, ...shape] } : end);
    return { lower: reshaped(lower), upper: reshaped(upper), seconds, runs: iterations + 1 };
  }

  private readonly optimizations = new Map<string, Optimization>();
  private readonly plans = new Map<string, Plan>();

  /** The whole program and its needs, recorded once per key. */
  private planOf({ key, problem }: EngineRequest): Plan {
    let plan = this.plans.get(key);
    if (plan === undefined) {
      const start = performance.now();
      const program = recordWhole(problem);
      plan = { program, fixedBytes: peakBytes(program, 1), bytesPerRow: 0, seconds: (performance.now() - start) / 1000 };
      plan.bytesPerRow = Math.max(1, peakBytes(program, 1 << 20) / (1 << 20));
      this.plans.set(key, plan);
    }
    return plan;
  }

  private async staged(request: EngineRequest, budget: number): Promise<RawBounds> {
    const { problem, key, feeds, instances } = request;
    const seconds: Seconds = { record: 0, compile: 0, run: 0 };
    const given: Value[] = [];
    const known: Record<string, HostTensor> = { ...feeds };
    let runs = 0;
    const inChunks = async (value: Value, rows: HostTensor | undefined, count: number): Promise<[HostTensor, HostTensor]> => {
      const before = [...given];
      const program = recordStage(problem, value, before);
      const perRow = Math.max(1, peakBytes(program, 1 << 20) / (1 << 20)) * instances;
      const fixed = peakBytes(program, 0) * instances;
      if (fixed > budget || perRow > budget) {
        throw new LirpaError("LIRPA_MEMORY", `bounding ${value.name} takes ${mebibytes(Math.max(fixed, perRow))} MiB even row by row; the budget is ${mebibytes(budget)} MiB`, {
          hint: "Raise the memory budget, or bound fewer instances at a time.",
        });
      }
      const chunk = Math.max(1, Math.min(count, Math.floor(budget / perRow)));
      const parts: Record<string, HostTensor>[] = [];
      for (let from = 0; from < count; from += chunk) {
        const to = Math.min(count, from + chunk);
        const part = rows === undefined ? unitRows(value.shape, from, to) : sliceRows(rows, from, to);
        parts.push(await this.run(`${key}|stage:${value.name}`, () => program, { ...known, [inputNames.rows]: part }, seconds));
        runs++;
      }
      return [joinRows(parts.map(({ lower }) => lower!)), joinRows(parts.map(({ upper }) => upper!))];
    };
    for (const value of rowStages(problem)) {
      const ends = await inChunks(value, undefined, sizeOf(value.shape));
      for (const [i, end] of (["lower", "upper"] as const).entries()) {
        known[inputNames.given(value, end)] = { shape: [ends[i]!.shape[0]!, 1, ...value.shape], dtype: "float", data: ends[i]!.data };
      }
      given.push(value);
    }
    const { output } = problem;
    const [lower, upper] = await inChunks(output, request.rows, request.rows?.shape[1] ?? sizeOf(output.shape));
    const reshaped = (end: HostTensor): HostTensor => (request.rows === undefined ? { ...end, shape: [end.shape[0]!, 1, ...output.shape] } : end);
    return { lower: reshaped(lower), upper: reshaped(upper), seconds, runs };
  }
}

interface Plan {
  readonly program: Program;
  readonly fixedBytes: number;
  bytesPerRow: number;
  seconds: number;
}

function mebibytes(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20);
}

/** Rows `from` to `to` of `[1, rows, ...shape]`. */
function sliceRows({ shape, dtype, data }: HostTensor, from: number, to: number): HostTensor {
  const size = sizeOf(shape.slice(2));
  return { shape: [1, to - from, ...shape.slice(2)], dtype, data: data.subarray(from * size, to * size) };
}

/** Rows `from` to `to` of the identity over a shape. */
function unitRows(shape: readonly number[], from: number, to: number): HostTensor {
  const size = sizeOf(shape);
  const data = new Float32Array((to - from) * size);
  for (let row = from; row < to; row++) data[(row - from) * size + row] = 1;
  return { shape: [1, to - from, ...shape], dtype: "float", data };
}

/** Joins results of chunks along the rows axis: `[instances, rows, ...]`. */
function joinRows(parts: readonly HostTensor[]): HostTensor {
  const [first] = parts;
  if (parts.length === 1) return first!;
  const instances = Math.max(...parts.map(({ shape }) => shape[0]!));
  const rest = first!.shape.slice(2);
  const size = sizeOf(rest);
  const rows = parts.reduce((sum, { shape }) => sum + shape[1]!, 0);
  const data = new Float64Array(instances * rows * size);
  let start = 0;
  for (const { shape, data: part } of parts) {
    const own = shape[1]! * size;
    for (let n = 0; n < instances; n++) data.set(part.subarray((shape[0] === 1 ? 0 : n) * own, (shape[0] === 1 ? 0 : n) * own + own), n * rows * size + start);
    start += own;
  }
  return { shape: [instances, rows, ...rest], dtype: first!.dtype, data };
}
