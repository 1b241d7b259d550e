import { attributeError, shapeError, unsupportedAttribute, type AttributeContext, type RawAttributes, type Shape } from "@lirpa/core/plugin";

/** Which axes a reduction runs over. */
export interface Reduction {
  /** From 0 on, ascending. Empty where the node asks for no reduction. */
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

/**
 * `axes` is an attribute in old opsets and an input in new ones (ReduceSum 13, the others 18), whichever is there. None
 * means all axes, unless `noop_with_empty_axes` says that it means none.
 */
export function readReduction(raw: RawAttributes, context: AttributeContext): Reduction {
  const { node, shapes } = context;
  const shape = shapes[0];
  if (shape === undefined) throw shapeError(`${node}: the shape of its operand is not known`);
  const given = axesGiven(raw, context).map((axis) => axisOf(node, axis, shape.length));
  if (new Set(given).size !== given.length) throw attributeError(`${node}: axes [${given.join(", ")}] name one axis twice`);
  const none = given.length === 0 && Number(raw["noop_with_empty_axes"] ?? 0) !== 0;
  const axes = given.length > 0 || none ? given.sort((a, b) => a - b) : [...shape.keys()];
  return Object.freeze({ axes: Object.freeze(axes), keepDims: Number(raw["keepdims"] ?? 1) !== 0 });
}

/** The same for reductions that are more than a choice or a sum: whether they act where nothing is reduced is not clear. */
export function readTrueReduction(raw: RawAttributes, context: AttributeContext): Reduction {
  const reduction = readReduction(raw, context);
  if (reduction.axes.length === 0 && context.shapes[0]!.length > 0) {
    throw unsupportedAttribute(`${context.node}: noop_with_empty_axes 1 without axes is not supported`, { hint: "Remove the node: it has nothing to reduce." });
  }
  return reduction;
}

function axesGiven(raw: RawAttributes, { node, shapes, constants }: AttributeContext): readonly number[] {
  const attribute = raw["axes"];
  if (Array.isArray(attribute)) return attribute.map(Number);
  if (shapes[1] === undefined) return [];
  if (constants[1] === undefined) {
    throw unsupportedAttribute(`${node}: 'axes' is computed from the model's inputs`, { hint: "Only constant axes are supported; simplify the model so that they become an initializer." });
  }
  return [...constants[1].data];
}

/** An axis as a number from 0 to rank − 1. */
export function axisOf(node: string, axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || normal < 0 || normal >= rank) {
    throw attributeError(`${node}: axis ${axis} is outside the ${rank} axes of its operand`, { hint: `Axes run from ${-rank} to ${rank - 1}.` });
  }
  return normal;
}

export function reducedShape(shape: Shape, { axes, keepDims }: Reduction): number[] {
  return keepDims ? shape.map((size, axis) => (axes.includes(axis) ? 1 : size)) : shape.filter((_, axis) => !axes.includes(axis));
}

export function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}
