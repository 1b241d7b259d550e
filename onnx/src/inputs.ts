import type { Dimension, GraphInput } from "@lirpa/core";
import type { onnx } from "onnx-proto";
import { elementType, elementTypeName, supportedElementTypes } from "./element-types.js";
import { modelError } from "./errors.js";
import { toNumber } from "./numbers.js";

/** How an input looks to a reader: `x: float[batch, 3, 32, 32]`. */
export function describeInput({ name, dtype, shape }: GraphInput): string {
  return `${name}: ${dtype}[${shape.join(", ")}]`;
}

/** The inputs that a caller feeds. Files may list initializers among the inputs; those are constants. */
export function readInputs(graph: onnx.GraphProto, initializers: ReadonlyMap<string, unknown>): readonly GraphInput[] {
  const fed = (graph.input as onnx.ValueInfoProto[]).filter(({ name }) => !initializers.has(name));
  const dims = fed.map(dimensionsOf);
  const taken = new Set(dims.flat().map(({ dimParam }) => dimParam ?? ""));
  return fed.map((proto, i) => ({
    name: proto.name,
    shape: dims[i]!.map((dim, axis) => dimension(dim, `${proto.name}_axis_${axis}`, taken)),
    dtype: dtypeOf(proto),
  }));
}

function dimensionsOf(proto: onnx.ValueInfoProto): readonly onnx.TensorShapeProto.IDimension[] {
  if (proto.name === "") throw modelError("an input of the model has no name");
  const type = proto.type?.tensorType;
  if (type == null) throw modelError(`the input "${proto.name}" is not a tensor`);
  if (type.shape == null) {
    throw modelError(`the input "${proto.name}" has no shape`, {
      hint: "Give it one with onnx.tools.update_model_dims.update_inputs_outputs_dims; the batch axis may stay open.",
    });
  }
  return type.shape.dim ?? [];
}

function dtypeOf(proto: onnx.ValueInfoProto): GraphInput["dtype"] {
  const type = proto.type?.tensorType?.elemType ?? 0;
  const found = elementType(type);
  if (found !== undefined) return found.dtype;
  throw modelError(`the input "${proto.name}" has element type ${elementTypeName(type)}, which is not supported`, {
    hint: `Supported are ${supportedElementTypes()}.`,
  });
}

/**
 * Some exporters write 0 or -1 where a size is open, some neither a size nor a name: each of these is a size of its
 * own.
 */
function dimension(dim: onnx.TensorShapeProto.IDimension, fallback: string, taken: Set<string>): Dimension {
  const size = toNumber(dim.dimValue ?? 0);
  if (size > 0 && Number.isSafeInteger(size)) return size;
  if (dim.dimParam) return dim.dimParam;
  let name = fallback;
  while (taken.has(name)) name += "_";
  taken.add(name);
  return name;
}
