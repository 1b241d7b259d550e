import { LirpaError, shapeError } from "../plugin/errors.js";
import type { DType, Shape } from "../plugin/tensor.js";
import { showShape, sizeOf } from "./shapes.js";

/** Bytes of an element as programs hold it. */
export const BYTES: Readonly<Record<DType, number>> = { float: 4, int: 8, bool: 1 };

/**
 * Refuses what is no shape, and a value that takes more bytes than `most`, before anything is allocated for it. Throws
 * `LIRPA_SHAPE` or `LIRPA_MEMORY`.
 */
export function checkExtent(shape: Shape, dtype: DType, most: number): void {
  const isShape = shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!isShape) throw shapeError(`${showShape(shape)} is no shape`);
  const bytes = sizeOf(shape) * BYTES[dtype];
  if (bytes <= most && Number.isSafeInteger(bytes)) return;
  const taken = `takes ${Math.ceil(bytes / 2 ** 20)} MiB; the budget is ${Math.floor(most / 2 ** 20)} MiB`;
  throw new LirpaError("LIRPA_MEMORY", `a value of shape ${showShape(shape)} ${taken}`, {
    hint: "Raise the memory budget, if the model means this size.",
  });
}

/** True for what JavaScript says where an array or a string is larger than it can be. */
export function isOutOfMemory(error: unknown): boolean {
  return error instanceof RangeError && /array|allocation|string length/i.test(error.message);
}

/** Sizes that nothing checked, and that no memory holds. */
export function outOfMemory(problem: string, cause: unknown): LirpaError {
  return new LirpaError("LIRPA_MEMORY", problem, {
    cause,
    hint: "The model's sizes are damaged, or it is too large to bound.",
  });
}
