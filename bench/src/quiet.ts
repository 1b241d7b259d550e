import { cpus } from "node:os";
import { setTimeout as pause } from "node:timers/promises";

/**
 * Threads of the side that just ran spin before they sleep, those of ONNX Runtime for some 40 ms: long enough to slow
 * the other side.
 */
const CALM_MS = 100;
const LOOK_MS = 150;
/** A share of one core that other processes may take. */
const TOLERATED = 0.25;

/** Time that the bench may still spend on waiting for other processes to leave the cores alone. */
export interface Patience {
  milliseconds: number;
  /** Blocks that began. */
  blocks: number;
  /** Blocks that began although the cores were busy. */
  busy: number;
}

/** Waits until threads of the last block sleep, and then for quiet cores while patience lasts. */
export async function calm(patience: Patience): Promise<void> {
  patience.blocks++;
  await pause(CALM_MS);
  for (;;) {
    const before = busyTime();
    const start = performance.now();
    await pause(LOOK_MS);
    if (busyTime() - before <= TOLERATED * LOOK_MS) return;
    patience.milliseconds -= performance.now() - start;
    if (patience.milliseconds <= 0) {
      patience.busy++;
      return;
    }
  }
}

/** Milliseconds of all cores that were not idle. */
function busyTime(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
}
