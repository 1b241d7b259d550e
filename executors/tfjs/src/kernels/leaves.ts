import type { HostTensor } from "@lirpa/core/plugin";
import type { Tensor } from "@tensorflow/tfjs-core";
import { attributesOf, sizeOf, TYPES, type Kernels, type Tf } from "../kernel.js";

/** An array of the host on the backend. */
export function upload(tf: Tf, { data, dtype }: HostTensor, shape: readonly number[]): Tensor {
  return tf.tensor(typed(data, dtype), [...shape], TYPES[dtype]);
}

function typed(data: HostTensor["data"], dtype: HostTensor["dtype"]): Float32Array | Int32Array | Uint8Array {
  if (dtype === "int") return Int32Array.from(data);
  if (dtype === "bool") return Uint8Array.from(data);
  return data instanceof Float32Array ? data : Float32Array.from(data);
}

/** A tensor of the backend as an array of the host. */
export async function download(value: Tensor): Promise<HostTensor> {
  const data = await value.data();
  const numbers = data instanceof Float32Array ? Float32Array.from(data) : Float64Array.from(data);
  const dtype = value.dtype === "int32" ? "int" : value.dtype === "bool" ? "bool" : "float";
  return { shape: [...value.shape], dtype, data: numbers };
}

export const leaves: Kernels<"constant" | "full" | "eye"> = {
  constant: (tf, node) => upload(tf, attributesOf<{ value: HostTensor }>(node).value, [1, 1, ...node.shape]),
  full: ({ fill }, node) => fill([1, 1, ...node.shape], attributesOf<{ value: number }>(node).value, TYPES[node.dtype]),
  eye: (tf, node) => tf.eye(sizeOf(node.shape)),
};
