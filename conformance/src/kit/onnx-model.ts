import type { DType, GraphNode, HostTensor, Shape } from "@lirpa/core";
import onnxProto from "onnx-proto";

const { onnx } = onnxProto;
type AttributeProto = InstanceType<typeof onnx.AttributeProto>;

const TYPES = { float: 1, int: 7, bool: 9 } as const;
/** Attributes whose numbers are floats in ONNX's own operators. A graph does not say. */
const FLOATS: ReadonlySet<string> = new Set(["alpha", "beta", "gamma", "epsilon", "ratio", "min", "max", "bias", "lambd", "value", "value_float", "value_floats", "scales", "extrapolation_value", "cubic_coeff_a"]);

export interface NamedShape {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** One node as an ONNX file. */
export function oneNodeModel(node: GraphNode, opset: number, inputs: readonly NamedShape[], outputs: readonly NamedShape[], initializers: ReadonlyMap<string, HostTensor>): Uint8Array {
  const attribute = Object.entries(node.attributes).map(([name, value]) => attributeProto(name, value));
  const graph = onnx.GraphProto.create({
    name: node.type,
    node: [onnx.NodeProto.create({ opType: node.type, name: node.name, input: [...node.inputs], output: [...node.outputs], attribute })],
    input: inputs.map(valueInfo),
    output: outputs.map(valueInfo),
    initializer: [...initializers].map(([name, value]) => tensorProto(name, value)),
  });
  const opsetImport = [onnx.OperatorSetIdProto.create({ domain: "", version: opset })];
  return onnx.ModelProto.encode(onnx.ModelProto.create({ irVersion: opset > 20 ? 10 : 8, producerName: "@lirpa/conformance", opsetImport, graph })).finish();
}

function attributeProto(name: string, value: GraphNode["attributes"][string]): AttributeProto {
  const { AttributeType } = onnx.AttributeProto;
  const float = FLOATS.has(name);
  if (typeof value === "string") return onnx.AttributeProto.create({ name, type: AttributeType.STRING, s: new TextEncoder().encode(value) });
  if (typeof value === "number") return onnx.AttributeProto.create(float ? { name, type: AttributeType.FLOAT, f: value } : { name, type: AttributeType.INT, i: value });
  if ("data" in value) return onnx.AttributeProto.create({ name, type: AttributeType.TENSOR, t: tensorProto("", value) });
  const numbers = value.map(Number);
  return onnx.AttributeProto.create(float ? { name, type: AttributeType.FLOATS, floats: numbers } : { name, type: AttributeType.INTS, ints: numbers });
}

function valueInfo({ name, shape, dtype }: NamedShape): InstanceType<typeof onnx.ValueInfoProto> {
  return onnx.ValueInfoProto.create({ name, type: { tensorType: { elemType: TYPES[dtype], shape: { dim: shape.map((dimValue) => ({ dimValue })) } } } });
}

function tensorProto(name: string, { shape, dtype, data }: HostTensor): InstanceType<typeof onnx.TensorProto> {
  const numbers = Array.from(data);
  const bytes = dtype === "bool" ? Uint8Array.from(numbers) : new Uint8Array(dtype === "int" ? BigInt64Array.from(numbers, BigInt).buffer : Float32Array.from(numbers).buffer);
  return onnx.TensorProto.create({ name, dataType: TYPES[dtype], dims: [...shape], rawData: bytes });
}
