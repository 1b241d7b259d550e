import { isLirpaError } from "@lirpa/core";
import onnxProto, { type onnx } from "onnx-proto";
import { modelError } from "./errors.js";
import { asBytes } from "./numbers.js";

/** Delivers a file that lies beside the model. `location` is a relative path without `..`. */
export type ReadExternal = (location: string) => Uint8Array | Promise<Uint8Array>;
export type ExternalFiles = ReadonlyMap<string, Uint8Array>;

export function isExternal(proto: onnx.TensorProto): boolean {
  return proto.dataLocation === onnxProto.onnx.TensorProto.DataLocation.EXTERNAL;
}

/** Fetches each file that the graph's tensors refer to, once. */
export async function readExternalFiles(graph: onnx.GraphProto, readExternal: ReadExternal | undefined): Promise<ExternalFiles> {
  const locations = new Map<string, string>();
  for (const tensor of tensorsOf(graph)) {
    if (isExternal(tensor)) locations.set(locationOf(tensor), labelOf(tensor));
  }
  const files = [...locations].map(async ([location, user]) => [location, await fetchFile(location, user, readExternal)] as const);
  return new Map(await Promise.all(files));
}

/** The part of its external file that holds a tensor of the given size. */
export function externalBytes(proto: onnx.TensorProto, size: number, what: string, files: ExternalFiles): Uint8Array {
  const location = locationOf(proto);
  const offset = numberEntry(proto, "offset") ?? 0;
  const length = numberEntry(proto, "length") ?? size;
  const file = files.get(location)!;
  if (length !== size) throw modelError(`${what} needs ${size} bytes, but claims ${length} bytes of the external file "${location}"`);
  if (offset + length > file.length) {
    throw modelError(`the external file "${location}" ends before ${what} does`, {
      hint: "Copy the file again; it must belong to this very model.",
      details: { location, offset, length, fileLength: file.length },
    });
  }
  return file.subarray(offset, offset + length);
}

async function fetchFile(location: string, user: string, readExternal: ReadExternal | undefined): Promise<Uint8Array> {
  if (readExternal === undefined) {
    throw modelError(`${user} lies in the external file "${location}", and there is no way to read it`, {
      hint: "Pass `readExternal`, or save the model with its weights inside.",
      details: { location },
    });
  }
  let file: Uint8Array | undefined;
  try {
    file = asBytes(await readExternal(location));
  } catch (error) {
    if (isLirpaError(error)) throw error;
    throw unreadable(location, user, error instanceof Error ? error.message : String(error), error);
  }
  if (file === undefined) throw unreadable(location, user, "no bytes were delivered");
  return file;
}

function unreadable(location: string, user: string, reason: string, cause?: unknown): Error {
  return modelError(`cannot read the external file "${location}" of ${user}: ${reason}`, {
    hint: "The file must lie beside the model, under the name that the model gives.",
    details: { location },
    cause,
  });
}

function* tensorsOf(graph: onnx.GraphProto): Iterable<onnx.TensorProto> {
  yield* graph.initializer as onnx.TensorProto[];
  for (const node of graph.node as onnx.NodeProto[]) {
    for (const { t } of node.attribute) if (t != null) yield t as onnx.TensorProto;
  }
}

/** A model must not reach files outside its own folder. */
function locationOf(proto: onnx.TensorProto): string {
  const location = entry(proto, "location") ?? "";
  const steps = location.split(/[/\\]/);
  if (location === "" || steps[0] === "" || steps.includes("..") || /^[a-z][a-z0-9+.-]*:/i.test(location) || location.includes("\0")) {
    throw modelError(`${labelOf(proto)} refers to the external file "${location}", which is refused`, {
      hint: "Only relative paths without `..` are read.",
      details: { location },
    });
  }
  return location;
}

function numberEntry(proto: onnx.TensorProto, key: string): number | undefined {
  const text = entry(proto, key);
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(value)) throw modelError(`${labelOf(proto)} has the external ${key} "${text}", which is no number of bytes`);
  return value;
}

function entry(proto: onnx.TensorProto, key: string): string | undefined {
  return proto.externalData.find((item) => item.key === key)?.value ?? undefined;
}

function labelOf(proto: onnx.TensorProto): string {
  return proto.name === "" ? "a tensor without a name" : `tensor "${proto.name}"`;
}
