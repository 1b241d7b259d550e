import { LirpaError, type GraphNode } from "@lirpa/core";
import type { AttributeType, AttributeValue } from "@lirpa/core/plugin";
import onnxProto, { type onnx } from "onnx-proto";
import { modelError } from "./errors.js";
import { ownElementType } from "./element-types.js";
import type { ExternalFiles } from "./external-data.js";
import { refuseNaN } from "./finite.js";
import { toNumber } from "./numbers.js";
import { readTensor } from "./tensor-proto.js";

/** Reads the attributes of a node, and their types where it has any. `node` names it in messages. */
export function readAttributes(
  protos: readonly onnx.AttributeProto[],
  node: string,
  files: ExternalFiles,
): Pick<GraphNode, "attributes" | "attributeTypes"> {
  const values = new Map<string, AttributeValue>();
  for (const proto of protos) {
    if (values.has(proto.name)) throw modelError(`${node} has the attribute "${proto.name}" twice`);
    values.set(proto.name, readAttribute(proto, node, files));
  }
  if (protos.length === 0) return { attributes: {} };
  const types = protos.map((proto): [string, AttributeType] => [proto.name, typeOf(proto)]);
  return { attributes: Object.fromEntries(values), attributeTypes: Object.fromEntries(types) };
}

/** The type of an attribute that was read. */
function typeOf({ type, t }: onnx.AttributeProto): AttributeType {
  const name = onnxProto.onnx.AttributeProto.AttributeType[type] as AttributeType;
  const elements = name === "TENSOR" ? ownElementType((t as onnx.TensorProto).dataType) : undefined;
  return elements === undefined ? name : `TENSOR ${elements}`;
}

function readAttribute(proto: onnx.AttributeProto, node: string, files: ExternalFiles): AttributeValue {
  const { AttributeType } = onnxProto.onnx.AttributeProto;
  const what = `the attribute "${proto.name}" of ${node}`;
  if (proto.refAttrName !== "") throw modelError(`${what} refers to a function's attribute, outside any function`);
  switch (proto.type) {
    case AttributeType.FLOAT:
      refuseNaN([proto.f], what);
      return proto.f;
    case AttributeType.FLOATS:
      refuseNaN(proto.floats, what);
      return proto.floats;
    case AttributeType.INT:
      return toNumber(proto.i);
    case AttributeType.INTS:
      return proto.ints.map(toNumber);
    case AttributeType.STRING:
      return text(proto.s);
    case AttributeType.STRINGS:
      return proto.strings.map(text);
    case AttributeType.TENSOR:
      return readTensorAttribute(proto, what, files);
    case AttributeType.GRAPH:
    case AttributeType.GRAPHS:
      throw new LirpaError(
        "LIRPA_UNSUPPORTED_OPERATOR",
        `${node} holds a graph of its own (attribute "${proto.name}"): control flow is not supported`,
        {
          hint: "Export the model with its branches and loops resolved, for instance by tracing.",
        },
      );
    default:
      throw modelError(`${what} is of type ${AttributeType[proto.type] ?? proto.type}, which is not supported`);
  }
}

/** Infinities are legal here: attention masks and padding are constants of this kind. */
function readTensorAttribute(proto: onnx.AttributeProto, what: string, files: ExternalFiles): AttributeValue {
  if (proto.t == null) throw modelError(`${what} should hold a tensor, but holds none`);
  const tensor = readTensor(proto.t as onnx.TensorProto, what, files);
  if (tensor.dtype === "float") refuseNaN(tensor.data, what);
  return tensor;
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
