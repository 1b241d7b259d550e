import type { HostTensor } from "@lirpa/core/plugin";
import type { onnx } from "onnx-proto";
import { elementTypeNamed, STANDARD_TYPES, type ElementType } from "./element-types.js";
import { graphError } from "./errors.js";
import { elementCount } from "./numbers.js";
import { inFileOrder } from "./tensor-proto.js";

/** How many bytes of a file the elements take. */
export function tensorBytes({ data, dtype }: HostTensor, stated: string | undefined): number {
  return data.length * (elementTypeNamed(stated ?? STANDARD_TYPES[dtype])?.[0].bytesPerElement ?? 0);
}

/** Its elements are of the stated type, or of that which its dtype stands for. `what` names it in messages. */
export function writeTensor(
  name: string,
  { shape, dtype, data }: HostTensor,
  stated: string | undefined,
  what: string,
): onnx.ITensorProto {
  const wanted = stated ?? STANDARD_TYPES[dtype];
  const [type, dataType = 0] = elementTypeNamed(wanted) ?? [];
  if (type?.dtype !== dtype) throw graphError(`${what} holds ${dtype}s, which are no ${wanted}`);
  if (elementCount(shape) !== data.length) {
    throw graphError(`${what} has ${data.length} elements for the shape [${shape.join(", ")}]`);
  }
  const bytes = type.toBytes(data);
  if (dtype !== "float") demandHeld(type, bytes, data, what);
  return { name, dataType, dims: [...shape], rawData: inFileOrder(bytes, type) };
}

/** Floats are rounded; an integer or a truth value that changed on the way is none that the type holds. */
function demandHeld(type: ElementType, bytes: ArrayBuffer, data: HostTensor["data"], what: string): void {
  const held = type.fromBytes(bytes.slice(0));
  const at = held.findIndex((value, i) => value !== data[i]);
  if (at >= 0) throw graphError(`${what} holds ${data[at]} (element ${at}), which is no ${type.name}`);
}
