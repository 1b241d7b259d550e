import { checkOptions } from "@lirpa/core";
import { defineExecutor, type Executor } from "@lirpa/core/recording";
import { startBackend } from "./backends.js";
import { compiled, type OnBackend } from "./compiled.js";
import { Interpreter } from "./interpret.js";
import type { Tf } from "./kernel.js";

/** Where TensorFlow.js runs programs. */
export interface TfjsOptions {
  /** `cpu`, `wasm`, `node`, `node-gpu`, `webgl`, `webgpu`, or any backend that is registered with tfjs. */
  readonly backend?: string;
}

/**
 * Interprets programs on a TensorFlow.js backend, in float32. The backend's package must be installed: it is a peer
 * dependency. tfjs has one current backend for everybody; it is changed while a program runs and put back afterwards.
 */
export function tfjsExecutor(options: TfjsOptions = {}): Executor {
  checkOptions(options, ["backend"], "tfjsExecutor");
  const { backend = "cpu" } = options;
  let executor = executors.get(backend);
  if (executor === undefined) executors.set(backend, (executor = executorOn(backend)));
  return executor;
}

/** An executor holds nothing: there is one for each backend, so that instances with a common cache share programs. */
const executors = new Map<string, Executor>();

function executorOn(backend: string): Executor {
  return defineExecutor({
    name: `tfjs-${backend}`,
    precision: "float32",
    compile: async (program) => {
      const tf = await import("@tensorflow/tfjs-core");
      const name = await oneAtATime(() => startBackend(tf, backend));
      const interpreter = new Interpreter(tf, program);
      const onBackend: OnBackend = (work) => oneAtATime(() => within(tf, name, work));
      await onBackend(async () => interpreter.prepare());
      return compiled(tf, interpreter, onBackend);
    },
  });
}

let queue: Promise<unknown> = Promise.resolve();

/** Runs wait for each other: between two steps of one, another would find the wrong backend. */
function oneAtATime<T>(work: () => Promise<T>): Promise<T> {
  const result = queue.then(work);
  queue = result.catch(() => undefined);
  return result;
}

/** Does some work with a backend, and without tfjs's hints for newcomers on the console. */
async function within<T>(tf: Tf, backend: string, work: () => Promise<T>): Promise<T> {
  const before = tf.engine().backendName;
  const quiet = tf.env().getBool("PROD");
  if (before !== backend) await tf.setBackend(backend);
  tf.env().set("PROD", true);
  try {
    return await work();
  } finally {
    tf.env().set("PROD", quiet);
    if (before !== undefined && before !== backend) await tf.setBackend(before);
  }
}
