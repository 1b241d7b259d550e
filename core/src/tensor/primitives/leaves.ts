import type { PortRole } from "../../plugin/program.js";
import type { HostTensor, DType, Shape } from "../../plugin/tensor.js";
import { definePrimitive, type Primitive, type RowSpace } from "../ir.js";
import { sizeOf } from "../shapes.js";

const none = { instances: false, rows: undefined };

/** Values known when the program is recorded. */
export const constantPrimitive: Primitive = definePrimitive<{ readonly value: HostTensor }>({
  name: "constant",
  infer: (_, { value }) => ({ shape: value.shape, dtype: value.dtype }),
  hidden: () => none,
  lower: (emitter, node) => emitter.initializer(node.attributes.value, [1, 1, ...node.shape]),
  evaluate: (_, { value }) => Float64Array.from(value.data),
});

/** Larger uniform constants are not written to a program element by element. */
const LARGEST_WRITTEN = 1 << 22;

/** One value everywhere. */
export const fullPrimitive: Primitive = definePrimitive<{ readonly shape: Shape; readonly dtype: DType; readonly value: number }>({
  name: "full",
  infer: (_, { shape, dtype }) => ({ shape, dtype }),
  hidden: () => none,
  lower: (emitter, node) => {
    const { dtype, value } = node.attributes;
    if (sizeOf(node.shape) > LARGEST_WRITTEN) {
      const scalar = emitter.initializer({ shape: [], dtype, data: Float64Array.of(value) }, [1, 1, ...node.shape.map(() => 1)]);
      return emitter.node("Expand", [scalar, emitter.ints([1, 1, ...node.shape])]);
    }
    return emitter.initializer({ shape: node.shape, dtype, data: new Float64Array(sizeOf(node.shape)).fill(value) }, [1, 1, ...node.shape]);
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
  infer: (_, { shape, dtype }) => ({ shape, dtype }),
  hidden: (_, { instances, rows }) => ({ instances, rows }),
  lower: (emitter, node) => emitter.input(node.attributes),
});

/** Row i is the i-th unit vector: the coefficients of every element of a tensor, one row each. */
export const eyePrimitive: Primitive = definePrimitive<{ readonly shape: Shape; readonly rows: RowSpace }>({
  name: "eye",
  infer: (_, { shape }) => ({ shape, dtype: "float" }),
  hidden: (_, { rows }) => ({ instances: false, rows }),
  lower: (emitter, node) => {
    const size = sizeOf(node.shape);
    const square = emitter.node("ConstantOfShape", [emitter.ints([size, size])], { value: 1 });
    const identity = emitter.node("EyeLike", [square]);
    return emitter.node("Reshape", [identity, emitter.ints([1, size, ...node.shape])]);
  },
});
