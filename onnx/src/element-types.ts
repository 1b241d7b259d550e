import type { DType } from "@lirpa/core/plugin";
import onnxProto, { type onnx } from "onnx-proto";
import { narrowBfloat16, narrowFloat16, widenBfloat16, widenFloat16 } from "./half-floats.js";

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
  /** The values in the machine's byte order, rounded or cut to what the type holds. */
  toBytes(values: Data): ArrayBuffer;
}

type Type = onnx.TensorProto.DataType;
const { DataType } = onnxProto.onnx.TensorProto;
const exact = (values: readonly number[]): Data => Float64Array.from(values);

interface IntegerArray {
  readonly BYTES_PER_ELEMENT: number;
  new (content: ArrayBuffer | Data): ArrayLike<number> & { readonly buffer: ArrayBufferLike };
}

function integer(name: string, array: IntegerArray, field: ElementType["field"]): ElementType {
  return {
    name,
    dtype: "int",
    bytesPerElement: array.BYTES_PER_ELEMENT,
    field,
    fromBytes: (bytes) => new Float64Array(new array(bytes)),
    fromNumbers: exact,
    toBytes: (values) => new array(values).buffer as ArrayBuffer,
  };
}

/** 16 bits per element, which `int32_data` holds as bit patterns too. */
function half(
  name: string,
  widen: (bits: Uint16Array) => Float32Array,
  narrow: (value: number) => number,
): ElementType {
  return {
    name,
    dtype: "float",
    bytesPerElement: 2,
    field: "int32Data",
    fromBytes: (bytes) => widen(new Uint16Array(bytes)),
    fromNumbers: (values) => widen(Uint16Array.from(values)),
    toBytes: (values) => Uint16Array.from(values, narrow).buffer,
  };
}

const types: ReadonlyMap<Type, ElementType> = new Map<Type, ElementType>([
  [
    DataType.FLOAT,
    {
      name: "FLOAT",
      dtype: "float",
      bytesPerElement: 4,
      field: "floatData",
      fromBytes: (bytes) => new Float32Array(bytes),
      fromNumbers: (values) => Float32Array.from(values),
      toBytes: (values) => Float32Array.from(values).buffer,
    },
  ],
  [
    DataType.DOUBLE,
    {
      name: "DOUBLE",
      dtype: "float",
      bytesPerElement: 8,
      field: "doubleData",
      fromBytes: (bytes) => new Float64Array(bytes),
      fromNumbers: exact,
      toBytes: (values) => Float64Array.from(values).buffer,
    },
  ],
  [DataType.FLOAT16, half("FLOAT16", widenFloat16, narrowFloat16)],
  [DataType.BFLOAT16, half("BFLOAT16", widenBfloat16, narrowBfloat16)],
  [DataType.INT8, integer("INT8", Int8Array, "int32Data")],
  [DataType.INT16, integer("INT16", Int16Array, "int32Data")],
  [DataType.INT32, integer("INT32", Int32Array, "int32Data")],
  [DataType.UINT8, integer("UINT8", Uint8Array, "int32Data")],
  [DataType.UINT16, integer("UINT16", Uint16Array, "int32Data")],
  [DataType.UINT32, integer("UINT32", Uint32Array, "uint64Data")],
  [
    DataType.INT64,
    {
      ...integer("INT64", Float64Array, "int64Data"),
      fromBytes: (bytes) => Float64Array.from(new BigInt64Array(bytes), Number),
      toBytes: (values) => BigInt64Array.from(clamped(values, -(2n ** 63n), 2n ** 63n - 1n)).buffer,
    },
  ],
  [
    DataType.UINT64,
    {
      ...integer("UINT64", Float64Array, "uint64Data"),
      fromBytes: (bytes) => Float64Array.from(new BigUint64Array(bytes), Number),
      toBytes: (values) => BigUint64Array.from(clamped(values, 0n, 2n ** 64n - 1n)).buffer,
    },
  ],
  [
    DataType.BOOL,
    {
      name: "BOOL",
      dtype: "bool",
      bytesPerElement: 1,
      field: "int32Data",
      fromBytes: (bytes) => Float64Array.from(new Uint8Array(bytes), (value) => Number(value !== 0)),
      fromNumbers: (values) => Float64Array.from(values, (value) => Number(value !== 0)),
      toBytes: (values) => Uint8Array.from(values).buffer,
    },
  ],
]);

export function elementType(type: Type): ElementType | undefined {
  return types.get(type);
}

/** What a dtype stands for where nothing else is said. */
export const STANDARD_TYPES: Readonly<Record<DType, string>> = { float: "FLOAT", int: "INT64", bool: "BOOL" };

/** The name of an element type that is read; undefined where its dtype stands for it. */
export function ownElementType(type: Type): string | undefined {
  const found = types.get(type);
  return found === undefined || STANDARD_TYPES[found.dtype] === found.name ? undefined : found.name;
}

/** An element type by its name, and ONNX's number for it. */
export function elementTypeNamed(name: string): readonly [ElementType, Type] | undefined {
  for (const [number, type] of types) if (type.name === name) return [type, number];
  return undefined;
}

/** ONNX 1.14 and later have types that onnx-proto does not know. */
const SINCE_NAMED: Readonly<Record<number, string>> = {
  17: "FLOAT8E4M3FN",
  18: "FLOAT8E4M3FNUZ",
  19: "FLOAT8E5M2",
  20: "FLOAT8E5M2FNUZ",
  21: "UINT4",
  22: "INT4",
  23: "FLOAT4E2M1",
};

/** The name of an element type, also of those that are not read. */
export function elementTypeName(type: Type): string {
  return DataType[type] ?? SINCE_NAMED[Number(type)] ?? `number ${type}`;
}

export function supportedElementTypes(): string {
  return [...types.values()].map(({ name }) => name).join(", ");
}

/** Integers between two others; 2^63 is how the greatest int64 reads. What is no integer becomes zero. */
function clamped(values: Data, least: bigint, most: bigint): bigint[] {
  return Array.from(values, (value) => {
    const integer = Number.isInteger(value) ? BigInt(value) : 0n;
    return integer < least ? least : integer > most ? most : integer;
  });
}
