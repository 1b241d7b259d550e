import type { Carry, Feeds, Loop } from "../plugin/executor.js";
import type { Program } from "../plugin/program.js";
import type { HostTensor } from "../plugin/tensor.js";
import type { MemoryNeeds } from "./memory.js";

/** The numbers of a problem. */
export interface Numbers {
  readonly feeds: Feeds;
  /** What is fed row by row: rows of the specification, `[instances or 1, rows, ...shape]`. */
  readonly rows?: HostTensor;
  readonly instances: number;
}

/** State that a method hands out and takes again: plain arrays by name. */
export type MethodState = Feeds;

/** What a method gives: results by name, as programs name them (`lower`, `upper`, …). */
export interface Outcome {
  readonly results: Feeds;
  /** Where a later call may start. */
  readonly state?: MethodState;
  /** True where a time limit ended it before its time; what it gives holds nevertheless. */
  readonly isCutShort?: boolean;
}

/** A program by name: what it takes is known without recording it, where that was noted. */
export interface Runnable {
  readonly name: string;
  readonly needs: MemoryNeeds;
  record(): Program;
}

/** How rows are taken in turns. */
export interface InTurns {
  /** One of several programs that run one after the other: it takes a part of the budget, and gives it back. */
  readonly shared?: boolean;
}

/** A program that is run on its own results; it is disposed of by the host. */
export type HostLoop = Pick<Loop, "step" | "read">;

/** What a method acts on: the numbers of one call, and programs that are kept from call to call. */
export interface MethodHost {
  readonly numbers: Numbers;
  /** Bytes that intermediate values may take. */
  readonly budget: number;
  /** State of an earlier call, where the caller hands it in. */
  readonly start: MethodState | undefined;
  /** True from when the caller's time limit is over. A method that has bounds by then should give them. */
  readonly isOutOfTime: boolean;
  /** A program that is recorded and compiled once for each problem. Its name is the method's own affair. */
  program(name: string, record: () => Program): Promise<Runnable>;
  /** What was found out of the problem before, plain JSON. */
  note<T>(name: string, find: () => T): Promise<T>;
  /** The method's one program (`program`), where somebody asked for it before: it need not be recorded again. */
  readonly recorded: Program | undefined;
  /** Runs a program on arrays. Throws `LIRPA_ABORTED` or `LIRPA_TIME` where the caller wants no more. */
  run(program: Runnable, feeds: Feeds): Promise<Feeds>;
  /** Runs a program on numbers, as many rows at a time as fit, and joins what it gives. */
  inRows(program: Runnable, numbers: Numbers, options?: InTurns): Promise<Feeds>;
  /** Does something for as many instances at a time as `perInstance` bytes allow, and joins the outcomes. */
  inInstances(perInstance: number, act: (host: MethodHost) => Promise<Outcome>): Promise<Outcome>;
  /** Runs a program again and again on its own results: `carry` says which output is fed as which input. */
  loop<T>(program: Runnable, feeds: Feeds, carry: Carry, act: (loop: HostLoop) => Promise<T>): Promise<T>;
  /** Says how much of the work is done, from 0 to 1. */
  progress(share: number): void;
}
