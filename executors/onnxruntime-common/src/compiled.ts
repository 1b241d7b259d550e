import {
  isLirpaError, LirpaError, type CompiledProgram, type DType, type HostTensor, type Program, type SavedProgram,
} from "@lirpa/core";
import type { Tensor, TensorConstructor } from "onnxruntime-common";
import { checkFeeds } from "./feeds.js";
import type { OpenSession } from "./open-session.js";

/** What a session takes and gives. */
export type Ports = Pick<SavedProgram, "name" | "inputs" | "outputs">;

export function portsOf({ name, inputs, outputs }: Program): Ports {
  const given = Object.entries(outputs);
  return {
    name,
    inputs,
    outputs: given.map(([name, { shape, dtype }]) => ({ name, shape, dtype, instances: false, rows: false })),
  };
}

/** A session as a program of lirpa. */
export function compiled(
  tensors: TensorConstructor, { name: program, inputs: ports, outputs }: Ports, session: OpenSession,
): CompiledProgram {
  const dtypes = new Map(outputs.map(({ name, dtype }) => [name, dtype]));
  return {
    run: async (inputs) => {
      checkFeeds(ports, inputs);
      const feeds = Object.fromEntries(ports.map(({ name }) => [name, toTensor(tensors, inputs[name]!)]));
      try {
        const results = await session.run(feeds);
        const values = Object.entries(results).map(([name, value]) => [name, fromTensor(value, dtypes.get(name)!)]);
        return Object.fromEntries(values) as Readonly<Record<string, HostTensor>>;
      } catch (cause) {
        if (isLirpaError(cause)) throw cause;
        const problem = `ONNX Runtime failed in the program ${program}: ${messageOf(cause)}`;
        throw new LirpaError("LIRPA_EXECUTOR", problem, { cause });
      }
    },
    release: () => session.release(),
    dispose: () => session.dispose(),
  };
}

function toTensor(tensors: TensorConstructor, { shape, dtype, data }: HostTensor): Tensor {
  const dims = [...shape];
  switch (dtype) {
    case "float":
      return new tensors("float32", data instanceof Float32Array ? data : new Float32Array(data), dims);
    case "int":
      return new tensors("int64", BigInt64Array.from(Array.from(data, BigInt)), dims);
    case "bool":
      return new tensors("bool", Uint8Array.from(data), dims);
  }
}

function fromTensor(value: Tensor, dtype: DType): HostTensor {
  const { data, dims } = value;
  const numbers = data instanceof Float32Array ? data : Float64Array.from(data as ArrayLike<number>, Number);
  return { shape: dims, dtype, data: numbers };
}

export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
