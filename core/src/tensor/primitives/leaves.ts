import { shapeError } from "../../plugin/errors.js";
import type { PortRole } from "../../plugin/program.js";
import type { DType, HostTensor, Shape } from "../../plugin/tensor.js";
import { definePrimitive, type IrNode, type Primitive, type RowSpace } from "../ir.js";
import { showShape, sizeOf } from "../shapes.js";

const none = { instances: false, rows: undefined };

/** Values known when the program is recorded. */
export const constantPrimitive: Primitive = definePrimitive<{ readonly value: HostTensor }>({
  name: "constant",
  takes: [],
  constant: true,
  gradient: "none",
  infer: (_, { value }) => ({ shape: value.shape, dtype: value.dtype }),
  hidden: () => none,
  lower: (emitter, node) => emitter.initializer(node.attributes.value, [1, 1, ...node.shape]),
  evaluate: (_, { value }) => Float64Array.from(value.data),
});

/** Larger uniform constants are not written to a program element by element. */
const LARGEST_WRITTEN = 1 << 22;

interface FullAttributes {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly value: number;
}

/** One value everywhere. */
export const fullPrimitive: Primitive = definePrimitive<FullAttributes>({
  name: "full",
  takes: [],
  constant: true,
  gradient: "none",
  infer: (_, { shape, dtype }) => ({ shape, dtype }),
  hidden: () => none,
  lower: (emitter, node) => {
    const { dtype, value } = node.attributes;
    if (sizeOf(node.shape) > LARGEST_WRITTEN) {
      const ones = [1, 1, ...node.shape.map(() => 1)];
      const scalar = emitter.initializer({ shape: [], dtype, data: Float64Array.of(value) }, ones);
      return emitter.node("Expand", [scalar, emitter.ints([1, 1, ...node.shape])]);
    }
    const data = new Float64Array(sizeOf(node.shape)).fill(value);
    return emitter.initializer({ shape: node.shape, dtype, data }, [1, 1, ...node.shape]);
  },
  evaluate: (_, { value }, { shape }) => new Float64Array(sizeOf(shape)).fill(value),
});

export interface InputAttributes {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly instances: boolean;
  readonly rows: RowSpace | undefined;
  /** `own` where absent. */
  readonly role?: PortRole;
}

/** What an input without a role is for. */
export const OWN: PortRole = Object.freeze({ is: "own" });

/** A value that the caller feeds at each run. */
export const inputPrimitive: Primitive = definePrimitive<InputAttributes>({
  name: "input",
  takes: [],
  fed: true,
  gradient: "none",
  infer: (_, { shape, dtype }) => ({ shape, dtype }),
  hidden: (_, { instances, rows }) => ({ instances, rows }),
  lower: (emitter, node) => emitter.input(node.attributes),
});

/** Row i is the i-th unit vector: the coefficients of every element of a tensor, one row each. */
export const eyePrimitive: Primitive = definePrimitive<{ readonly shape: Shape; readonly rows: RowSpace }>({
  name: "eye",
  takes: [],
  gradient: "none",
  infer: (_, { shape, rows }) => {
    if (rows.size !== sizeOf(shape)) throw shapeError(`eye: ${rows.size} unit rows of ${showShape(shape)}`);
    return { shape, dtype: "float" };
  },
  hidden: (_, { rows }) => ({ instances: false, rows }),
  evaluateHidden: ({ shape }) => {
    const size = sizeOf(shape);
    const data = new Float64Array(size * size);
    for (let i = 0; i < size; i++) data[i * size + i] = 1;
    return { instances: 1, rows: size, data };
  },
  lower: (emitter, node) => {
    const size = sizeOf(node.shape);
    const square = emitter.node("ConstantOfShape", [emitter.ints([size, size])]);
    const identity = emitter.node("EyeLike", [square]);
    return emitter.node("Reshape", [identity, emitter.ints([1, size, ...node.shape])]);
  },
});

/** What a node is fed as; undefined where it is no input. */
export function inputOf(node: IrNode): InputAttributes | undefined {
  return node.primitive.fed === true ? (node.attributes as InputAttributes) : undefined;
}

/** True for values known when the program is recorded. */
export function isConstant(node: IrNode): boolean {
  return node.primitive.constant === true;
}

/** The one value of a uniform constant. */
export function uniformValue(node: IrNode): number | undefined {
  const value = isConstant(node) ? (node.attributes as { readonly value: HostTensor | number }).value : undefined;
  return typeof value === "number" ? value : undefined;
}

/** The host value of a constant node. */
export function constantOf(node: IrNode): HostTensor {
  const { value } = node.attributes as { readonly value: HostTensor | number };
  if (typeof value !== "number") return value;
  return { shape: node.shape, dtype: node.dtype, data: new Float64Array(sizeOf(node.shape)).fill(value) };
}

/** True for a uniform constant that is too large to be written out element by element. */
export function isVast(node: IrNode): boolean {
  return uniformValue(node) !== undefined && sizeOf(node.shape) > LARGEST_WRITTEN;
}
