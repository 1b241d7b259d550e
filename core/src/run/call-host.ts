import { LirpaError } from "../plugin/errors.js";
import type { Carry, CompiledProgram, Executor, Feeds } from "../plugin/executor.js";
import type { Program } from "../plugin/program.js";
import type { HostTensor } from "../plugin/tensor.js";
import { fedWith } from "../bounds/problem.js";
import type { KeptPrograms } from "../program/kept.js";
import { loopOf } from "../program/loop.js";
import { nodesOf } from "../program/program.js";
import { joinInstances, joinRows, sliceInstances, sliceRows } from "./chunks.js";
import type { HostLoop, InTurns, MethodHost, MethodState, Numbers, Outcome, Runnable } from "./host.js";
import { bytesFor, memoryOf, rowsWithin, type MemoryNeeds } from "./memory.js";

/** A stage's session stays open if 32 like it would fit the budget. */
const STAGES_OPEN_AT_ONCE = 32;

/** A stage may fill a quarter of the budget with rows. */
const STAGE_SHARE = 4;

/** Seconds spent on recording, on compiling and on running; the first two are zero where a program was cached. */
export interface Seconds {
  record: number;
  compile: number;
  run: number;
}

/** What an `AbortController` gives as its signal. */
export interface StopSignal {
  readonly aborted: boolean;
  readonly reason?: unknown;
}

/** How far the caller goes with a computation. */
export interface Limits {
  /** Bytes that intermediate values may take. */
  readonly budget: number;
  readonly signal?: StopSignal;
  /** When the caller's patience ends, by `performance.now()`. */
  readonly deadline?: number;
  /** Told how much of the work is done, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** One computation of a problem: its key, its limits, and what it took. */
export interface Account extends Limits {
  readonly key: string;
  readonly seconds: Seconds;
  /** How the programs held the rows of each value. */
  readonly rows: Record<string, string>;
  /** What earlier calls of the same problem found out of its programs, by their names. */
  readonly known?: Map<string, KnownProgram>;
  /** The method's one program, where it was recorded before. */
  readonly recorded?: Program;
}

/** What is found out of a program by recording it. */
interface Takes {
  readonly needs: MemoryNeeds;
  /** Outputs that have rows. */
  readonly byRow: readonly string[];
  /** How it holds the rows of each value. */
  readonly rows: Readonly<Record<string, string>>;
}

export type KnownProgram = Runnable & Takes;

/** The host of one call. */
export class CallHost implements MethodHost {
  constructor(
    private readonly executor: Executor,
    private readonly kept: KeptPrograms,
    private readonly account: Account,
    readonly numbers: Numbers,
    readonly start: MethodState | undefined,
    /** The part of the whole work that this host's is. */
    private readonly part: readonly [from: number, to: number] = [0, 1],
  ) {}

  get budget(): number {
    return this.account.budget;
  }

  get recorded(): Program | undefined {
    return this.account.recorded;
  }

  get isOutOfTime(): boolean {
    const { deadline } = this.account;
    return deadline !== undefined && performance.now() > deadline;
  }

  progress(share: number): void {
    const [from, to] = this.part;
    this.account.onProgress?.(from + (to - from) * Math.min(1, share));
  }

  note<T>(name: string, find: () => T): Promise<T> {
    return this.kept.note(`${this.account.key}|${name}`, () => this.timed("record", find));
  }

  async program(name: string, record: () => Program): Promise<Runnable> {
    const before = this.account.known?.get(name);
    if (before !== undefined) return before;
    let recorded: Program | undefined;
    const takes = await this.note(`${name}|takes`, (): Takes => {
      const program = record();
      const needs = memoryOf(program);
      // One that is too large will not be compiled; and its recording takes memory, too.
      if (bytesFor(needs, 1, 1) <= this.budget) recorded = program;
      const byRow = Object.entries(nodesOf(program)).flatMap(([output, { rows }]) =>
        rows === undefined ? [] : [output],
      );
      return { needs, byRow, rows: program.rows ?? {} };
    });
    const known: KnownProgram = {
      name,
      ...takes,
      record: () => {
        const program = recorded ?? record();
        // What is compiled is not kept as a recording, too.
        recorded = undefined;
        return program;
      },
    };
    this.account.known?.set(name, known);
    return known;
  }

  run(program: Runnable, feeds: Feeds): Promise<Feeds> {
    this.demandTime();
    return this.using(program, (compiled) => this.once(compiled, feeds));
  }

  async inRows(
    program: Runnable,
    { feeds, rows, instances }: Numbers,
    { shared = false }: InTurns = {},
  ): Promise<Feeds> {
    const { needs } = program;
    const count = rows?.shape[1] ?? 1;
    // Many rows at a time are no faster than some hundreds; of programs in turn each holds less than all might take.
    const limit = shared ? needs.fixed + (this.budget - needs.fixed) / STAGE_SHARE : this.budget;
    const chunk = Math.max(1, rowsWithin(needs, limit, instances, count));
    return this.using(program, async (compiled) => {
      const parts: Feeds[] = [];
      for (let from = 0; from < count; from += chunk) {
        const some = rows && sliceRows(rows, from, Math.min(count, from + chunk));
        this.demandTime();
        parts.push(await this.once(compiled, fedWith({ feeds, rows: some })));
        if (!shared) this.progress(Math.min(1, (from + chunk) / count));
      }
      // One of several programs in turn: the next one may need the memory.
      if (shared && bytesFor(needs, chunk, instances) * STAGES_OPEN_AT_ONCE > this.budget) await compiled.release?.();
      return joined(parts, (program as KnownProgram).byRow);
    });
  }

  async inInstances(perInstance: number, act: (host: MethodHost) => Promise<Outcome>): Promise<Outcome> {
    const { instances } = this.numbers;
    const atOnce = Math.min(instances, Math.max(1, Math.floor(this.budget / perInstance)));
    if (atOnce === instances) return act(this);
    const parts: { readonly outcome: Outcome; readonly instances: number }[] = [];
    for (let from = 0; from < instances; from += atOnce) {
      const to = Math.min(instances, from + atOnce);
      parts.push({ outcome: await act(this.ofInstances(from, to)), instances: to - from });
    }
    return joinedOutcomes(parts);
  }

  loop<T>(program: Runnable, feeds: Feeds, carry: Carry, act: (loop: HostLoop) => Promise<T>): Promise<T> {
    return this.using(program, async (compiled) => {
      const loop = loopOf(compiled, feeds, carry);
      const step: HostLoop["step"] = (more) => {
        this.demandWanted();
        return this.timedAsync("run", () => loop.step(more));
      };
      try {
        return await act({ step, read: (names) => loop.read(names) });
      } finally {
        await loop.dispose();
      }
    });
  }

  private ofInstances(from: number, to: number): CallHost {
    const { feeds, rows, instances } = this.numbers;
    const slice = (some: Feeds): Feeds => sliceInstances(some, instances, from, to);
    const numbers: Numbers = {
      feeds: slice(feeds),
      instances: to - from,
      ...(rows !== undefined && { rows: slice({ rows })["rows"]! }),
    };
    const [start, end] = this.part;
    const at = (instance: number): number => start + ((end - start) * instance) / instances;
    return new CallHost(this.executor, this.kept, this.account, numbers, this.start && slice(this.start), [
      at(from),
      at(to),
    ]);
  }

  private demandTime(): void {
    if (this.isOutOfTime)
      throw new LirpaError("LIRPA_TIME", "the time limit is over", {
        hint: "Give more time, or ask for less at a time.",
      });
  }

  private demandWanted(): void {
    const { signal } = this.account;
    if (signal?.aborted !== true) return;
    throw new LirpaError("LIRPA_ABORTED", "the caller aborted the computation", { cause: signal.reason });
  }

  private async once(program: CompiledProgram, feeds: Feeds): Promise<Feeds> {
    this.demandWanted();
    return this.timedAsync("run", () => program.run(feeds));
  }

  private using<T>(program: Runnable, work: (compiled: CompiledProgram) => Promise<T>): Promise<T> {
    Object.assign(this.account.rows, (program as KnownProgram).rows);
    return this.kept.use(`${this.account.key}|${program.name}`, () => this.compile(program), work);
  }

  private async compile(program: Runnable): Promise<CompiledProgram> {
    const recorded = this.timed("record", () => program.record());
    return this.timedAsync("compile", () => this.executor.compile(recorded));
  }

  private timed<T>(what: keyof Seconds, work: () => T): T {
    const start = performance.now();
    const result = work();
    this.account.seconds[what] += (performance.now() - start) / 1000;
    return result;
  }

  private async timedAsync<T>(what: keyof Seconds, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    const result = await work();
    this.account.seconds[what] += (performance.now() - start) / 1000;
    return result;
  }
}

/** What is not by row is the same in all parts. */
function joined(parts: readonly Feeds[], byRow: readonly string[]): Feeds {
  const [first] = parts;
  if (parts.length === 1) return first!;
  return { ...first!, ...Object.fromEntries(byRow.map((name) => [name, joinRows(parts.map((part) => part[name]!))])) };
}

/** One state for all is there only where all were done at once. */
function joinedOutcomes(parts: readonly { readonly outcome: Outcome; readonly instances: number }[]): Outcome {
  const names = Object.keys(parts[0]!.outcome.results);
  const all = (name: string): HostTensor =>
    joinInstances(parts.map(({ outcome, instances }) => ({ result: outcome.results[name]!, instances })));
  return {
    results: Object.fromEntries(names.map((name) => [name, all(name)])),
    isCutShort: parts.some(({ outcome }) => outcome.isCutShort),
  };
}
