import { inject, injectable } from "tsyringe";
import { isLirpaError } from "../plugin/errors.js";
import type { Executor, Feeds } from "../plugin/executor.js";
import type { Program } from "../plugin/program.js";
import type { BoundProblem } from "../bounds/problem.js";
import { namesOfEnds } from "../bounds/recording/results.js";
import type { Method } from "../methods/method.js";
import type { KeptPrograms } from "../program/kept.js";
import { TOKENS } from "../tokens.js";
import { CallHost, type Account, type Seconds } from "./call-host.js";
import { asBounds, areNumbers } from "./ends.js";
import type { MethodState, Numbers, Outcome } from "./host.js";
import { Lifecycle } from "./lifecycle.js";
import { bytesFor, memoryOf, tooLarge } from "./memory.js";

/** A problem with the method that bounds it and the numbers that it is asked for. */
export interface EngineCall {
  readonly problem: BoundProblem;
  readonly method: Method;
  readonly options: unknown;
  readonly numbers: Numbers;
  readonly start?: MethodState;
}

/** Hosts methods: programs are compiled once and kept, and what a call took is accounted for. */
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

  /** Runs a program of which nobody knows yet whether its values fit the instance's budget. */
  async run(key: string, record: () => Program, feeds: Feeds, seconds: Seconds = newSeconds()): Promise<Feeds> {
    const within = (): Program => {
      const program = record();
      const bytes = bytesFor(memoryOf(program), 1, 1);
      if (bytes > this.memory) throw tooLarge(program.name, bytes, this.memory);
      return program;
    };
    const host = this.hostOf({ key, budget: this.memory, seconds, rows: {} }, { feeds, instances: 1 }, undefined);
    return host.run({ name: "", needs: { fixed: 0, perRow: 0 }, record: within }, feeds);
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

  /**
   * What a method gives of a problem; an end is a number, or infinite on its own side. Programs take values for numbers
   * and find out where one is none. Where that happened, programs that expect values without bounds are run as well.
   */
  async bounds(call: EngineCall, account: Account): Promise<Outcome> {
    const { key } = account;
    const ends = namesOfEnds(call.problem);
    const plain = this.unbounded.has(key) ? undefined : await this.attempt(call, account).catch(failedByValue);
    if (plain !== undefined && areNumbers(plain.results)) return asBounds(plain, ends);
    this.unbounded.add(key);
    const { problem } = call;
    const expecting = { ...problem, options: { ...problem.options, unbounded: true } };
    const { known: _ofPlain, recorded: _plain, ...others } = account;
    const found = await this.attempt({ ...call, problem: expecting }, { ...others, key: `${key}|unbounded` }).catch(
      (error: unknown) => {
        // These programs take more memory; what the others found is sound, too.
        if (plain !== undefined && isLirpaError(error) && error.code === "LIRPA_MEMORY") return plain;
        if (plain !== undefined && isLirpaError(error) && error.code === "LIRPA_TIME")
          return { ...plain, isCutShort: true };
        throw error;
      },
    );
    return asBounds(found, ends);
  }

  /** Programs of a problem make room for others. */
  async forget(key: string): Promise<void> {
    this.unbounded.delete(key);
    await this.kept.forget(key);
  }

  private attempt({ problem, method, options, numbers, start }: EngineCall, account: Account): Promise<Outcome> {
    return method.bounds(problem, options, this.hostOf(account, numbers, start));
  }

  private hostOf(account: Account, numbers: Numbers, start: MethodState | undefined): CallHost {
    return new CallHost(this.executor, this.kept, account, numbers, start);
  }
}

export function newSeconds(): Seconds {
  return { record: 0, compile: 0, run: 0 };
}

/** An index that was computed from what is no number may lie outside: the executor stops there. */
function failedByValue(error: unknown): undefined {
  if (!isLirpaError(error) || error.code !== "LIRPA_EXECUTOR") throw error;
}
