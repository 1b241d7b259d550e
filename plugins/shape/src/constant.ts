import {
  attributeError,
  defineOperator,
  float,
  floats,
  int,
  ints,
  tensor,
  type DType,
  type HostTensor,
  type Operator,
} from "@lirpa/core/plugin";

/** A tensor that the node itself carries, in any of ONNX's ways to write numbers: no strings, no sparse tensors. */
export const constant: Operator = defineOperator({
  type: "Constant",
  sinceVersion: 1,
  kind: "linear",
  inputs: [],
  data: [],
  nonnegative: true,
  attributes: {
    value: tensor().optional(),
    value_float: float().optional(),
    value_floats: floats().optional(),
    value_int: int().optional(),
    value_ints: ints().optional(),
  },
  derive: (attributes, { node }) => {
    const { value, value_float: float, value_floats: floats, value_int: int, value_ints: ints } = attributes;
    const given = value ?? scalar(float, "float") ?? list(floats, "float") ?? scalar(int, "int") ?? list(ints, "int");
    if (given !== undefined) return { value: given };
    throw attributeError(`${node}: the constant has no value`, {
      hint: "One of the attributes value, value_float, … is required.",
    });
  },
  forward: ({ t, attributes }) => t.constant(attributes.value),
});

function scalar(value: number | undefined, dtype: DType): HostTensor | undefined {
  return value === undefined ? undefined : { shape: [], dtype, data: Float64Array.of(value) };
}

function list(values: readonly number[] | undefined, dtype: DType): HostTensor | undefined {
  return values === undefined ? undefined : { shape: [values.length], dtype, data: Float64Array.from(values) };
}
