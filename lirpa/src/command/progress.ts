const PATIENCE = 2000;
const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const CLEAR_LINE = "\r\x1b[2K";

/** A line on the terminal that says what takes so long. */
export interface Progress {
  say(what: string): void;
  /** Wipes the line. */
  stop(): void;
}

/** Shows itself after two seconds, and only where standard error is a terminal. */
export function startProgress(): Progress {
  const { stderr } = process;
  if (stderr.isTTY !== true) return { say: () => undefined, stop: () => undefined };
  const start = performance.now();
  let doing = "";
  let shown = false;
  const draw = (): void => {
    const passed = performance.now() - start;
    if (passed < PATIENCE) return;
    shown = true;
    stderr.write(`${CLEAR_LINE}${FRAMES[Math.floor(passed / 100) % FRAMES.length]!} ${doing} ${Math.floor(passed / 1000)} s`);
  };
  const wipe = (): void => {
    if (shown) stderr.write(CLEAR_LINE);
    shown = false;
  };
  const timer = setInterval(draw, 100).unref();
  process.once("exit", wipe);
  return {
    say: (what) => {
      doing = what;
      draw();
    },
    stop: () => {
      clearInterval(timer);
      process.off("exit", wipe);
      wipe();
    },
  };
}
