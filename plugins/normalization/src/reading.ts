import { attributeError, shapeError, unsupportedAttribute, type AttributeContext, type HostTensor, type RawAttributes, type Shape } from "@lirpa/core/plugin";

/** The shape of an input that every expansion needs. */
export function shapeOf({ node, shapes }: AttributeContext, slot = 0): Shape {
  const shape = shapes[slot];
  if (shape === undefined) throw shapeError(`${node}: the shape of its operand is not known`);
  return shape;
}

/** An axis as a number from 0 to rank − 1. */
export function axisOf(node: string, axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || normal < 0 || normal >= rank) {
    throw attributeError(`${node}: axis ${axis} is outside the ${rank} axes of its operand`, { hint: `Axes run from ${-rank} to ${rank - 1}.` });
  }
  return normal;
}

/** `axes` of a reduction: an attribute in old opsets and an input since 18; all axes where there are none. */
export function reducedAxes(raw: RawAttributes, context: AttributeContext): readonly number[] {
  const { node, constants } = context;
  const rank = shapeOf(context).length;
  if (context.shapes[1] !== undefined && constants[1] === undefined) {
    throw unsupportedAttribute(`${node}: 'axes' is computed from the model's inputs`, { hint: "Only constant axes are supported; simplify the model so that they become an initializer." });
  }
  const attribute = raw["axes"];
  const given = Array.isArray(attribute) ? attribute.map(Number) : [...(constants[1]?.data ?? [])];
  const axes = given.map((axis) => axisOf(node, axis, rank)).sort((a, b) => a - b);
  if (new Set(axes).size !== axes.length) throw attributeError(`${node}: axes [${given.join(", ")}] name one axis twice`);
  if (axes.length === 0 && rank > 0 && Number(raw["noop_with_empty_axes"] ?? 0) !== 0) {
    throw unsupportedAttribute(`${node}: noop_with_empty_axes 1 without axes is not supported`, { hint: "Remove the node: it has nothing to reduce." });
  }
  return Object.freeze(axes.length > 0 ? axes : rangeOf(0, rank));
}

/** Softmax and its like run along one axis since opset 13, by default the last; before, along all axes from one on, by default 1. */
export function softmaxAxes(raw: RawAttributes, context: AttributeContext): readonly number[] {
  const rank = shapeOf(context).length;
  if (context.opset >= 13) return Object.freeze([axisOf(context.node, Number(raw["axis"] ?? -1), rank)]);
  return Object.freeze(rangeOf(axisOf(context.node, Number(raw["axis"] ?? 1), rank), rank));
}

export function rangeOf(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

export function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

export function integers(...values: readonly number[]): HostTensor {
  return { shape: [values.length], dtype: "int", data: Float64Array.from(values) };
}
