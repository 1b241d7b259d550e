import { CarriedLoop, type Carry, type CompiledProgram, type Feeds, type Loop } from "@lirpa/core/recording";
import type { HostTensor } from "@lirpa/core/plugin";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Interpreter } from "./interpret.js";
import type { Tf } from "./kernel.js";
import { download } from "./kernels/leaves.js";

/** Does some work while the program's backend is the current one. */
export type OnBackend = <T>(work: () => Promise<T>) => Promise<T>;

/** An interpreter as a program of lirpa: arrays of the host become tensors, and tensors arrays. */
export function compiled(tf: Tf, interpreter: Interpreter, onBackend: OnBackend): CompiledProgram {
  return {
    run: (feeds) => onBackend(() => runOnHost(tf, interpreter, feeds)),
    loop: (feeds, carry) => loop(interpreter, onBackend, feeds, carry),
    dispose: () => onBackend(async () => interpreter.release()),
  };
}

async function runOnHost(tf: Tf, interpreter: Interpreter, feeds: Feeds): Promise<Record<string, HostTensor>> {
  const tensors: Record<string, Tensor> = {};
  try {
    for (const name of interpreter.reads) {
      const value = feeds[name];
      if (value !== undefined) tensors[name] = interpreter.upload(name, value);
    }
    const results = await interpreter.run(tensors);
    try {
      const arrays = Object.entries(results).map(async ([name, value]) => [name, await download(value)]);
      return Object.fromEntries(await Promise.all(arrays)) as Record<string, HostTensor>;
    } finally {
      tf.dispose(results);
    }
  } finally {
    tf.dispose(tensors);
  }
}

/** State stays on the backend. */
function loop(interpreter: Interpreter, onBackend: OnBackend, feeds: Feeds, carry: Carry): Loop {
  return new CarriedLoop<Tensor>(
    {
      take: (name, value) => onBackend(async () => interpreter.upload(name, value)),
      give: (_, value) => onBackend(() => download(value)),
      run: (values) => onBackend(() => interpreter.run(values)),
      drop: (value) => value.dispose(),
    },
    feeds,
    carry,
  );
}
