import onnxProto, { type onnx } from "onnx-proto";
import { modelError } from "./errors.js";
import { asBytes, toNumber } from "./numbers.js";

/** A model that has a graph. Lists and messages within are instances of onnx-proto's classes. */
export interface DecodedModel {
  readonly model: onnx.ModelProto;
  readonly graph: onnx.GraphProto;
}

/** Decodes a file and refuses what is no ONNX model. protobufjs reads much garbage without complaint. */
export function decodeModel(contents: Uint8Array, file: string): DecodedModel {
  // protobufjs treats Node's Buffers otherwise than plain arrays.
  const bytes = asBytes(contents);
  if (bytes === undefined) throw modelError("the contents of a model must be a Uint8Array");
  const model = decodeBytes(bytes, file);
  const graph = model.graph as onnx.GraphProto | null;
  if (!(toNumber(model.irVersion) > 0)) throw unreadable(bytes, file, "it has no IR version");
  if (graph == null) throw unreadable(bytes, file, "it has no graph");
  if (graph.node.length === 0) throw unreadable(bytes, file, "its graph has no nodes");
  if (model.opsetImport.length === 0) throw unreadable(bytes, file, "it does not say which opset it uses");
  if (model.functions.length > 0) {
    throw modelError("the model defines functions of its own, which is not supported", {
      hint: "Inline them with onnx.inliner.inline_local_functions.",
      details: { functions: model.functions.map(({ name }) => name) },
    });
  }
  if (graph.sparseInitializer.length > 0) {
    throw modelError(
      `the initializer "${graph.sparseInitializer[0]!.values?.name ?? ""}" is sparse, which is not supported`,
      {
        hint: "Save it as a dense tensor.",
      },
    );
  }
  return { model, graph };
}

function decodeBytes(bytes: Uint8Array, file: string): onnx.ModelProto {
  try {
    return onnxProto.onnx.ModelProto.decode(bytes);
  } catch (error) {
    throw unreadable(bytes, file, error instanceof Error ? error.message : String(error), error);
  }
}

function unreadable(bytes: Uint8Array, file: string, reason: string, cause?: unknown): Error {
  return modelError(`${file} is not a readable ONNX file: ${reason}`, {
    hint: hintFor(bytes),
    details: { file },
    cause,
  });
}

function hintFor(bytes: Uint8Array): string {
  const start = String.fromCharCode(...bytes.subarray(0, 11));
  if (start.startsWith("\x1f\x8b")) return "This is a gzip file: decompress it first.";
  if (start.startsWith("PK")) return "This is a zip archive, perhaps a PyTorch checkpoint: export it to ONNX first.";
  if (start === "version htt") return "This is a Git LFS pointer: fetch the file itself with `git lfs pull`.";
  return "The file is cut off, damaged or of another format.";
}
