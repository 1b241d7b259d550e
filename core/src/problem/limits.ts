import { LirpaError } from "../plugin/errors.js";
import type { Account, StopSignal } from "../run/call-host.js";
import { newSeconds } from "../run/engine.js";
import { checkMemory, sizeInWords } from "../run/memory.js";
import type { Numbers as Fed } from "../run/host.js";
import { sizeOf } from "../tensor/shapes.js";
import type { Asked } from "./structure.js";

/** How far a call may go. */
export interface CallOptions {
  /** Bytes that intermediate values may take. */
  readonly memory?: number;
  /** Ends the computation: then it throws `LIRPA_ABORTED`. */
  readonly signal?: StopSignal;
  /**
   * Seconds. A method that has bounds by then gives them, with a warning `LIRPA_TIME`; others throw `LIRPA_TIME` before
   * the next program would run.
   */
  readonly timeLimit?: number;
  /** Told how much of the work is done, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

export const CALL_OPTIONS = ["memory", "signal", "timeLimit", "onProgress"] as const;

/** The account of a call, with the instance's own budget where the call names none. Throws `LIRPA_OPTION`. */
export function accountOf(key: string, { memory, signal, timeLimit, onProgress }: CallOptions, own: number): Account {
  checkMemory(memory);
  if (timeLimit !== undefined && !(typeof timeLimit === "number" && timeLimit > 0)) {
    throw new LirpaError("LIRPA_OPTION", `timeLimit is ${String(timeLimit)}`, {
      hint: "Give a number of seconds above zero.",
    });
  }
  if (signal !== undefined && typeof (signal as Partial<StopSignal> | null)?.aborted !== "boolean") {
    throw new LirpaError("LIRPA_OPTION", "signal is no AbortSignal", {
      hint: "Give the signal of an AbortController.",
    });
  }
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw new LirpaError("LIRPA_OPTION", `onProgress is ${String(onProgress)}`, {
      hint: "Give a function of the share.",
    });
  }
  return {
    key,
    budget: memory ?? own,
    seconds: newSeconds(),
    rows: {},
    ...(signal !== undefined && { signal }),
    ...(timeLimit !== undefined && { deadline: performance.now() + 1000 * timeLimit }),
    ...(onProgress !== undefined && { onProgress: onlyForward(onProgress) }),
  };
}

/** Work that turns out to be too large for one way is begun anew by another: nobody is told that less is done now. */
function onlyForward(tell: (share: number) => void): (share: number) => void {
  let told = 0;
  return (share) => {
    if (share <= told) return;
    told = share;
    tell(share);
  };
}

/** No chunk of a computation makes its result smaller: two 32-bit floats for each element. */
export function checkResult({ problem }: Asked, { instances, rows }: Fed, budget: number): void {
  const { name, shape } = problem.output;
  const bytes = 8 * sizeOf(shape) * instances;
  if (rows !== undefined || bytes <= budget) return;
  throw new LirpaError(
    "LIRPA_MEMORY",
    `the bounds of ${name} alone take ${sizeInWords(bytes)}; the budget is ${sizeInWords(budget)}`,
    {
      hint: "Raise the memory budget, bound fewer instances at a time, or give a spec.",
    },
  );
}
