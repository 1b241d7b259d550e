import type { DType } from "@lirpa/core";
import onnxProto, { type onnx } from "onnx-proto";

type Data = Float32Array | Float64Array;

/** How one of ONNX's element types is stored in a file and on the host. */
export interface ElementType {
  readonly name: string;
  readonly dtype: DType;
  readonly bytesPerElement: number;
  /** Where a TensorProto keeps the values that it does not keep as raw bytes. */
  readonly field: "floatData" | "int32Data" | "int64Data" | "doubleData" | "uint64Data";
  /** The bytes are in the machine's order and aligned; the buffer becomes the result's where it can. */
  fromBytes(bytes: ArrayBuffer): Data;
  fromNumbers(values: readonly number[]): Data;
}

type Type = onnx.TensorProto.DataType;
const { DataType } = onnxProto.onnx.TensorProto;
const exact = (values: readonly number[]): Data => Float64Array.from(values);

function integer(name: string, array: { new (bytes: ArrayBuffer): ArrayLike<number>; BYTES_PER_ELEMENT: number }, field: ElementType["field"]): ElementType {
  return {
    name,
    dtype: "int",
    bytesPerElement: array.BYTES_PER_ELEMENT,
    field,
    fromBytes: (bytes) => new Float64Array(new array(bytes)),
    fromNumbers: exact,
  };
}

/** 16 bits per element, which `int32_data` holds as bit patterns too. */
function half(name: string, widen: (bits: Uint16Array) => Float32Array): ElementType {
  return {
    name,
    dtype: "float",
    bytesPerElement: 2,
    field: "int32Data",
    fromBytes: (bytes) => widen(new Uint16Array(bytes)),
    fromNumbers: (values) => widen(Uint16Array.from(values)),
  };
}

const types: ReadonlyMap<Type, ElementType> = new Map<Type, ElementType>([
  [DataType.FLOAT, {
    name: "FLOAT",
    dtype: "float",
    bytesPerElement: 4,
    field: "floatData",
    fromBytes: (bytes) => new Float32Array(bytes),
    fromNumbers: (values) => Float32Array.from(values),
  }],
  [DataType.DOUBLE, {
    name: "DOUBLE",
    dtype: "float",
    bytesPerElement: 8,
    field: "doubleData",
    fromBytes: (bytes) => new Float64Array(bytes),
    fromNumbers: exact,
  }],
  [DataType.FLOAT16, half("FLOAT16", widenFloat16)],
  [DataType.BFLOAT16, half("BFLOAT16", widenBfloat16)],
  [DataType.INT8, integer("INT8", Int8Array, "int32Data")],
  [DataType.INT16, integer("INT16", Int16Array, "int32Data")],
  [DataType.INT32, integer("INT32", Int32Array, "int32Data")],
  [DataType.UINT8, integer("UINT8", Uint8Array, "int32Data")],
  [DataType.UINT16, integer("UINT16", Uint16Array, "int32Data")],
  [DataType.UINT32, integer("UINT32", Uint32Array, "uint64Data")],
  [DataType.INT64, {
    ...integer("INT64", Float64Array, "int64Data"),
    fromBytes: (bytes) => Float64Array.from(new BigInt64Array(bytes), Number),
  }],
  [DataType.UINT64, {
    ...integer("UINT64", Float64Array, "uint64Data"),
    fromBytes: (bytes) => Float64Array.from(new BigUint64Array(bytes), Number),
  }],
  [DataType.BOOL, {
    name: "BOOL",
    dtype: "bool",
    bytesPerElement: 1,
    field: "int32Data",
    fromBytes: (bytes) => Float64Array.from(new Uint8Array(bytes), (value) => Number(value !== 0)),
    fromNumbers: (values) => Float64Array.from(values, (value) => Number(value !== 0)),
  }],
]);

export function elementType(type: Type): ElementType | undefined {
  return types.get(type);
}

/** ONNX 1.14 and later have types that onnx-proto does not know. */
const SINCE_NAMED: Readonly<Record<number, string>> = {
  17: "FLOAT8E4M3FN", 18: "FLOAT8E4M3FNUZ", 19: "FLOAT8E5M2", 20: "FLOAT8E5M2FNUZ", 21: "UINT4", 22: "INT4", 23: "FLOAT4E2M1",
};

/** The name of an element type, also of those that are not read. */
export function elementTypeName(type: Type): string {
  return DataType[type] ?? SINCE_NAMED[Number(type)] ?? `number ${type}`;
}

export function supportedElementTypes(): string {
  return [...types.values()].map(({ name }) => name).join(", ");
}

function widenFloat16(bits: Uint16Array): Float32Array {
  const result = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const value = bits[i]!;
    const sign = value & 0x8000 ? -1 : 1;
    const exponent = (value >> 10) & 31;
    const fraction = value & 1023;
    if (exponent === 31) result[i] = fraction === 0 ? sign * Infinity : NaN;
    else result[i] = exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
  }
  return result;
}

/** A bfloat16 is the upper half of a float32. */
function widenBfloat16(bits: Uint16Array): Float32Array {
  const result = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) result[i] = bits[i]! << 16;
  return new Float32Array(result.buffer);
}
