import { Worker } from "node:worker_threads";

/** A line on the terminal that says what takes so long. */
export interface Progress {
  say(what: string): void;
  /** Wipes the line. */
  stop(): Promise<void>;
}

/** Shows itself after two seconds, and only where standard error is a terminal. */
export function startProgress(): Progress {
  if (process.stderr.isTTY !== true) return { say: () => undefined, stop: async () => undefined };
  // ONNX Runtime holds this thread while it works, so that another one must draw.
  const worker = new Worker(new URL("./progress-worker.js", import.meta.url));
  worker.unref();
  worker.on("error", () => undefined);
  const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  return {
    say: (what) => worker.postMessage(what),
    stop: () => {
      worker.ref();
      worker.postMessage(null);
      return ended;
    },
  };
}
