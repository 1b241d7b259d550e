import { writeSync } from "node:fs";
import { parentPort } from "node:worker_threads";

const PATIENCE = 2000;
const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const CLEAR_LINE = "\r\x1b[2K";
const STDERR = 2;

const start = performance.now();
let doing = "";
let shown = false;

const timer = setInterval(() => {
  const passed = performance.now() - start;
  if (passed < PATIENCE) return;
  shown = true;
  write(`${CLEAR_LINE}${FRAMES[Math.floor(passed / 100) % FRAMES.length]!} ${doing} ${Math.floor(passed / 1000)} s`);
}, 100);

/** What is being done, or null at the end. */
parentPort?.on("message", (what: string | null) => {
  if (what !== null) {
    doing = what;
    return;
  }
  clearInterval(timer);
  if (shown) write(CLEAR_LINE);
  parentPort?.close();
});

/** `process.stderr` of a worker passes through the thread that is busy. */
function write(text: string): void {
  try {
    writeSync(STDERR, text);
  } catch {
    // A terminal that takes no more loses a frame.
  }
}
