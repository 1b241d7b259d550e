import { shapeError } from "../plugin/errors.js";
import { reducedShape, showShape, sizeOf } from "../plugin/reading.js";
import type { Shape } from "../plugin/tensor.js";

// What authors read shapes by serves core, too.
export { reducedShape, showShape, sizeOf };

/** Row-major strides. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** The shape to which all operands broadcast, as in NumPy and ONNX. */
export function broadcastShapes(...shapes: readonly Shape[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    shape.forEach((size, axis) => {
      const at = axis + rank - shape.length;
      if (result[at] === 1) result[at] = size;
      else if (size !== 1 && size !== result[at]) {
        throw shapeError(`shapes ${shapes.map(showShape).join(" and ")} do not broadcast`);
      }
    });
  }
  return result;
}

/** An axis as a number from 0 to rank − 1. */
export function normalizeAxis(axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(axis) && normal >= 0 && normal < rank) return normal;
  throw shapeError(`axis ${axis} is outside a shape of ${rank} axes`);
}

/** Distinct axes in ascending order; all axes where none are given. */
export function normalizeAxes(axes: readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  return [...new Set(axes.map((axis) => normalizeAxis(axis, rank)))].sort((a, b) => a - b);
}

/** Calls `visit` with the offset of each element of `shape` in row-major order, read through the given strides. */
export function walk(
  shape: Shape,
  strides: readonly number[],
  start: number,
  visit: (offset: number, index: number) => void,
): void {
  const total = sizeOf(shape);
  const position = new Array<number>(shape.length).fill(0);
  let offset = start;
  for (let index = 0; index < total; index++) {
    visit(offset, index);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      offset += strides[axis]!;
      if (++position[axis]! < shape[axis]!) break;
      offset -= strides[axis]! * shape[axis]!;
      position[axis] = 0;
    }
  }
}

/** Strides that read `shape` as if it had been broadcast to `target`. */
export function broadcastStrides(shape: Shape, target: Shape): number[] {
  const own = stridesOf(shape);
  return target.map((_, axis) => {
    const at = axis - (target.length - shape.length);
    return at < 0 || shape[at] === 1 ? 0 : own[at]!;
  });
}
