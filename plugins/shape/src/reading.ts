import { attributeError, shapeError, unsupportedAttribute, type AttributeContext, type HostTensor, type RawAttributes, type Shape } from "@lirpa/core/plugin";

/** A list of integers that is an attribute in old opsets and an input in new ones; undefined where it is absent. */
export function integers(raw: RawAttributes, context: AttributeContext, name: string, input?: number): readonly number[] | undefined {
  const attribute = raw[name];
  if (Array.isArray(attribute)) return Object.freeze(attribute.map(Number));
  const constant = input === undefined ? undefined : constantInput(context, input, name);
  return constant === undefined ? undefined : Object.freeze(Array.from(constant.data));
}

/** The same, refusing its absence. */
export function requiredIntegers(raw: RawAttributes, context: AttributeContext, name: string, input?: number): readonly number[] {
  const values = integers(raw, context, name, input);
  if (values === undefined) throw attributeError(`${context.node}: ${name} is missing`, { hint: "The ONNX operator requires it." });
  return values;
}

/** The value of an input that must be known before anything runs; undefined where the node has no such input. */
export function constantInput(context: AttributeContext, input: number, name: string): HostTensor | undefined {
  const constant = context.constants[input];
  if (constant === undefined && context.shapes[input] !== undefined) {
    throw unsupportedAttribute(`${context.node}: ${name} is computed from the model's inputs`, {
      hint: `Only a constant ${name} is supported; simplify the model so that it becomes an initializer.`,
    });
  }
  return constant;
}

/** The only element of an input that must be a constant. */
export function constantScalar(context: AttributeContext, input: number, name: string): number | undefined {
  const constant = constantInput(context, input, name);
  if (constant === undefined) return undefined;
  if (constant.data.length !== 1) {
    throw attributeError(`${context.node}: ${name} has the shape ${show(constant.shape)}`, { hint: `${name} must be a scalar.` });
  }
  return constant.data[0];
}

/** An axis as a number from 0 to rank − 1. */
export function axisOf(node: string, axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || normal < 0 || normal >= rank) {
    throw attributeError(`${node}: axis ${axis} is outside the ${rank} axes of its operand`, { hint: `Axes run from ${-rank} to ${rank - 1}.` });
  }
  return normal;
}

/** Axes as distinct numbers from 0 to rank − 1, in the order given. */
export function axesOf(node: string, axes: readonly number[], rank: number): number[] {
  const normal = axes.map((axis) => axisOf(node, axis, rank));
  if (new Set(normal).size !== normal.length) {
    throw attributeError(`${node}: axes ${show(axes)} name one axis twice`, { hint: "Each axis may be named once." });
  }
  return normal;
}

/** Refuses two lists that must have one entry for each other's entries. */
export function sameLength(node: string, name: string, values: readonly unknown[], other: string, others: readonly unknown[]): void {
  if (values.length !== others.length) {
    throw attributeError(`${node}: ${values.length} ${name} for ${others.length} ${other}`, { hint: `There must be as many ${name} as ${other}.` });
  }
}

/** The shape to which both broadcast, as ONNX and NumPy do. */
export function broadcastShape(node: string, a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw shapeError(`${node}: shapes ${show(a)} and ${show(b)} do not broadcast`, { hint: "Sizes must agree or be 1." });
    }
    return left === 1 ? right : left;
  });
}

export function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

export function show(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}
