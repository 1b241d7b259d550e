import { CarriedLoop, type CompiledProgram, type Program, type SavedProgram } from "@lirpa/core/recording";
import { isLirpaError, LirpaError } from "@lirpa/core";
import type { DType, HostTensor } from "@lirpa/core/plugin";
import type { Tensor, TensorConstructor } from "onnxruntime-common";
import { checkFeeds, demandFed } from "./feeds.js";
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
  tensors: TensorConstructor,
  { name: program, inputs: ports, outputs }: Ports,
  session: OpenSession,
): CompiledProgram {
  const dtypes = new Map([...ports, ...outputs].map(({ name, dtype }) => [name, dtype]));
  const run = async (values: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>> => {
    const feeds = Object.fromEntries(ports.map(({ name }) => [name, values[name]!]));
    try {
      return await session.run(feeds);
    } catch (cause) {
      if (isLirpaError(cause)) throw cause;
      const problem = `ONNX Runtime failed in the program ${program}: ${messageOf(cause)}`;
      throw new LirpaError("LIRPA_EXECUTOR", problem, { cause });
    }
  };
  return {
    run: async (inputs) => {
      checkFeeds(ports, inputs);
      const results = await run(Object.fromEntries(ports.map(({ name }) => [name, toTensor(tensors, inputs[name]!)])));
      const arrays = Object.entries(results).map(([name, value]) => [name, fromTensor(value, dtypes.get(name)!)]);
      return Object.fromEntries(arrays) as Record<string, HostTensor>;
    },
    // Tensors go from run to run as they are: what is carried is neither checked nor converted again.
    loop: (feeds, carry) =>
      new CarriedLoop<Tensor>(
        {
          take: (name, value) => {
            checkFeeds(
              ports.filter((port) => port.name === name),
              { [name]: value },
            );
            return toTensor(tensors, value);
          },
          give: (name, value) => fromTensor(value, dtypes.get(name)!),
          run: (values) => {
            demandFed(ports, values);
            return run(values);
          },
        },
        feeds,
        carry,
      ),
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
