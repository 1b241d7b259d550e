import { LirpaError } from "@lirpa/core";
import type { Tf } from "./kernel.js";

/** The backends that packages bring: the name under which a package registers its backend, and the package. */
const KNOWN: Readonly<Record<string, { readonly registers: string; readonly from: string }>> = {
  cpu: { registers: "cpu", from: "@tensorflow/tfjs-backend-cpu" },
  wasm: { registers: "wasm", from: "@tensorflow/tfjs-backend-wasm" },
  webgl: { registers: "webgl", from: "@tensorflow/tfjs-backend-webgl" },
  webgpu: { registers: "webgpu", from: "@tensorflow/tfjs-backend-webgpu" },
  node: { registers: "tensorflow", from: "@tensorflow/tfjs-node" },
  "node-gpu": { registers: "tensorflow", from: "@tensorflow/tfjs-node-gpu" },
  tensorflow: { registers: "tensorflow", from: "@tensorflow/tfjs-node" },
};

/** Makes sure that a backend is registered and starts; returns the name by which tfjs knows it. */
export async function startBackend(tf: Tf, name: string): Promise<string> {
  const known = KNOWN[name];
  const registered = known?.registers ?? name;
  if (tf.findBackendFactory(registered) === null) await importBackend(tf, name, known?.from);
  if (tf.findBackendFactory(registered) === null) throw absent(name, `no backend of that name is registered`);
  const before = tf.engine().backendName;
  try {
    if (!(await tf.setBackend(registered))) throw new Error("it does not start");
  } catch (cause) {
    throw absent(name, messageOf(cause), { cause, hint: "Another backend may work: cpu runs everywhere." });
  } finally {
    if (before !== undefined && before !== registered) await tf.setBackend(before);
  }
  // Both native packages register the name "tensorflow".
  if (name === "node-gpu" && (tf.findBackend(registered) as { isGPUPackage?: boolean } | null)?.isGPUPackage !== true) {
    throw absent(name, "another package has registered the backend tensorflow", {
      hint: "Run: npm install @tensorflow/tfjs-node-gpu, and import nothing else of that backend.",
    });
  }
  return registered;
}

async function importBackend(tf: Tf, name: string, from: string | undefined): Promise<void> {
  if (from === undefined) return;
  const before = tf.engine().backendName;
  try {
    await import(from);
  } catch (cause) {
    if ((cause as { code?: unknown }).code === "ERR_MODULE_NOT_FOUND" && messageOf(cause).includes(from)) {
      throw absent(name, `the package ${from} is not installed`, { cause, hint: `Run: npm install ${from}` });
    }
    throw absent(name, `the package ${from} does not load: ${messageOf(cause)}`, {
      cause,
      hint: "Its native library may be missing: install the package with its install script allowed.",
    });
  } finally {
    // A package that makes its backend the current one must not change what others compute with.
    if (before !== undefined && tf.engine().backendName !== before) await tf.setBackend(before);
  }
}

function absent(name: string, why: string, options: { hint?: string; cause?: unknown } = {}): LirpaError {
  return new LirpaError("LIRPA_EXECUTOR", `the tfjs backend ${name} is not there: ${why}`, {
    hint: `Known backends: ${Object.keys(KNOWN).join(", ")}.`,
    ...options,
    details: { backend: name },
  });
}

function messageOf(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split("\n")[0]!;
}
