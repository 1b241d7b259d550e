/** An int64 as protobufjs delivers it: a `Long` where that package is at hand, otherwise a number. */
export type Int64 = number | { toNumber(): number };

/** Integers beyond 2^53 lose their last digits. */
export function toNumber(value: Int64): number {
  return typeof value === "number" ? value : value.toNumber();
}

/** The bytes of a view of any kind, such as Node's Buffer, in a plain array; undefined where it is no view. */
export function asBytes(value: unknown): Uint8Array | undefined {
  return ArrayBuffer.isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : undefined;
}

/**
 * The number of elements of a shape, or undefined where it is no shape: a negative size, or more than memory can hold.
 */
export function elementCount(shape: readonly number[]): number | undefined {
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0)) return undefined;
  const count = shape.reduce((product, size) => product * size, 1);
  return Number.isSafeInteger(count) ? count : undefined;
}
