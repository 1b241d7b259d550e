import { attributeError, defineOperator, unsupportedAttribute, type AttributeValue, type DType, type HostTensor, type Operator, type RawAttributes } from "@lirpa/core/plugin";

/** A tensor that the node itself carries, in any of ONNX's ways to write numbers. */
export const constant: Operator = defineOperator({
  type: "Constant",
  sinceVersion: 1,
  kind: "linear",
  inputs: [],
  data: [],
  nonnegative: true,
  attributes: (raw, { node }) => Object.freeze({ value: valueOf(raw, node) }),
  forward: ({ t, attributes }) => t.constant(attributes.value),
});

function valueOf(raw: RawAttributes, node: string): HostTensor {
  const { value, value_float: float, value_floats: floats, value_int: int, value_ints: ints } = raw;
  if (isTensor(value)) return value;
  if (float !== undefined) return scalar(float, "float");
  if (floats !== undefined) return list(floats, "float");
  if (int !== undefined) return scalar(int, "int");
  if (ints !== undefined) return list(ints, "int");
  const given = Object.keys(raw);
  if (given.length === 0) throw attributeError(`${node}: the constant has no value`, { hint: "One of the attributes value, value_float, … is required." });
  throw unsupportedAttribute(`${node}: ${given.join(", ")} is not supported`, {
    hint: "Constants are supported as dense tensors, numbers and lists of numbers; not as strings or sparse tensors.",
  });
}

function isTensor(value: AttributeValue | undefined): value is HostTensor {
  return typeof value === "object" && "data" in value && "dtype" in value;
}

function scalar(value: AttributeValue, dtype: DType): HostTensor {
  return { shape: [], dtype, data: Float64Array.of(Number(value)) };
}

function list(values: AttributeValue, dtype: DType): HostTensor {
  const data = Float64Array.from(Array.isArray(values) ? values.map(Number) : []);
  return { shape: [data.length], dtype, data };
}
