import type { HostTensor } from "@lirpa/core/plugin";
import type { onnx } from "onnx-proto";
import { elementType, elementTypeName, supportedElementTypes, type ElementType } from "./element-types.js";
import { modelError } from "./errors.js";
import { externalBytes, isExternal, type ExternalFiles } from "./external-data.js";
import { elementCount, toNumber } from "./numbers.js";

/** Reads a tensor. `what` names it in messages. The result shares no memory with the file. */
export function readTensor(proto: onnx.TensorProto, what: string, files: ExternalFiles): HostTensor {
  const type = elementType(proto.dataType);
  if (type === undefined) {
    throw modelError(`${what} has element type ${elementTypeName(proto.dataType)}, which is not supported`, {
      hint: `Supported are ${supportedElementTypes()}.`,
    });
  }
  if (proto.segment != null) throw modelError(`${what} is stored in segments, which is not supported`);
  const shape = proto.dims.map(toNumber);
  const count = elementCount(shape);
  if (count === undefined) throw modelError(`${what} has the impossible shape [${shape.join(", ")}]`);
  return {
    shape,
    dtype: type.dtype,
    data: readData(proto, type, count, `${what} of shape [${shape.join(", ")}]`, files),
  };
}

function readData(
  proto: onnx.TensorProto,
  type: ElementType,
  count: number,
  what: string,
  files: ExternalFiles,
): HostTensor["data"] {
  const bytes = count * type.bytesPerElement;
  if (isExternal(proto)) return type.fromBytes(ownBytes(externalBytes(proto, bytes, what, files), type));
  const values = proto[type.field];
  const raw = proto.rawData;
  if (raw.length === 0) {
    if (values.length !== count) throw sizeError(what, type, `${count} values`, `${values.length}`);
    return type.fromNumbers(values.map(toNumber));
  }
  if (values.length > 0) throw modelError(`${what} has its values twice, as raw bytes and as numbers`);
  if (raw.length !== bytes) throw sizeError(what, type, `${bytes} bytes`, `${raw.length}`);
  return type.fromBytes(ownBytes(raw, type));
}

function sizeError(what: string, type: ElementType, expected: string, found: string): Error {
  return modelError(`${what} and type ${type.name} needs ${expected}, but the file holds ${found}`, {
    hint: "The file is damaged, or its writer is at fault.",
  });
}

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** A copy, since the bytes lie anywhere in the file and typed arrays must be aligned. */
function ownBytes(bytes: Uint8Array, type: ElementType): ArrayBuffer {
  return turned(new Uint8Array(bytes), type).buffer;
}

/** Elements as they lie in a file, of elements in the machine's order, whose buffer becomes the result's. */
export function inFileOrder(bytes: ArrayBuffer, type: ElementType): Uint8Array {
  return turned(new Uint8Array(bytes), type);
}

/** From the file's order to the machine's, or back. */
function turned(bytes: Uint8Array<ArrayBuffer>, { bytesPerElement }: ElementType): Uint8Array<ArrayBuffer> {
  if (!littleEndian) {
    for (let at = 0; at < bytes.length; at += bytesPerElement) bytes.subarray(at, at + bytesPerElement).reverse();
  }
  return bytes;
}
