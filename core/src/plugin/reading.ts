import { attributeError, LirpaError, shapeError, unsupportedAttribute } from "./errors.js";
import type { AttributeContext } from "./operator.js";
import type { HostTensor, Shape } from "./tensor.js";

// What authors need to read a node by: axes, sizes, and inputs that have to be constants. `node` is its name, for
// messages.

/** An axis as a number from 0 to rank − 1. Throws `LIRPA_ATTRIBUTE` for one that the operand does not have. */
export function axisOf(node: string, axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || normal < 0 || normal >= rank) {
    throw attributeError(`${node}: axis ${axis} is outside the ${rank} axes of its operand`, {
      hint: `Axes run from ${-rank} to ${rank - 1}.`,
    });
  }
  return normal;
}

/** Axes as distinct numbers from 0 to rank − 1, in the order given. Throws `LIRPA_ATTRIBUTE`. */
export function axesOf(node: string, axes: readonly number[], rank: number): number[] {
  const normal = axes.map((axis) => axisOf(node, axis, rank));
  if (new Set(normal).size !== normal.length) {
    throw attributeError(`${node}: axes ${showShape(axes)} name one axis twice`, {
      hint: "Each axis may be named once.",
    });
  }
  return normal;
}

/** The value of an input that must be known before anything runs, undefined where the node has no such input. */
export function constantInput(context: AttributeContext, slot: number, name: string): HostTensor | undefined {
  const constant = context.constants[slot];
  if (constant === undefined && context.shapes[slot] !== undefined) {
    throw unsupportedAttribute(`${context.node}: ${name} is computed from the model's inputs`, {
      hint: `Only a constant ${name} is supported; simplify the model so that it becomes an initializer.`,
      details: { node: context.node, input: name },
    });
  }
  return constant;
}

/**
 * Refuses a node of which an input is no constant, for an operator that is only there for what exporters compute of
 * shapes.
 */
export function onlyConstants({ node, shapes, constants }: AttributeContext, type: string): void {
  if (shapes.every((shape, slot) => shape === undefined || constants[slot] !== undefined)) return;
  throw unsupportedAttribute(`${node}: an operand of ${type} is computed from the model's inputs`, {
    hint: `${type} is supported on constants only.`,
  });
}

/** Refuses two lists that must have one entry for each other's entries, by `LIRPA_ATTRIBUTE`. */
export function sameLength(
  node: string,
  name: string,
  values: readonly unknown[],
  other: string,
  others: readonly unknown[],
): void {
  if (values.length !== others.length) {
    throw attributeError(`${node}: ${values.length} ${name} for ${others.length} ${other}`, {
      hint: `There must be as many ${name} as ${other}.`,
    });
  }
}

/** The element of a list that has it: for a position which other checks keep inside. */
export function nth<T>(list: readonly T[], position: number): T {
  if (position in list) return list[position] as T;
  throw new LirpaError("LIRPA_INTERNAL", `a list of ${list.length} has no position ${position}`);
}

/** The sizes of some axes. */
export function sizesOf(shape: Shape, axes: readonly number[]): number[] {
  return axes.map((axis) => nth(shape, axis));
}

/** The number of elements. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The shape to which both broadcast, as ONNX and NumPy do. Throws `LIRPA_SHAPE` where they do not. */
export function broadcastShape(node: string, a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw shapeError(`${node}: shapes ${showShape(a)} and ${showShape(b)} do not broadcast`, {
        hint: "Sizes must agree or be 1.",
      });
    }
    return left === 1 ? right : left;
  });
}

/** True where broadcasting `from` with `to` leaves `to` as it is. */
export function broadcastsTo(from: Shape, to: Shape): boolean {
  const missing = to.length - from.length;
  return missing >= 0 && from.every((size, axis) => size === 1 || size === to[missing + axis]);
}

/** The shape of what is left behind a reduction over some axes, which keep size one or go. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): number[] {
  return keepDims
    ? shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
    : shape.filter((_, axis) => !axes.includes(axis));
}

/** Integers as a constant of one axis, as expansions give shapes and axes. */
export function integers(...values: readonly number[]): HostTensor {
  return { shape: [values.length], dtype: "int", data: Float64Array.from(values) };
}

/** A shape or a list of axes in messages. */
export function showShape(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}
