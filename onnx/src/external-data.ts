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
export async function readExternalFiles(
  graph: onnx.GraphProto,
  readExternal: ReadExternal | undefined,
): Promise<ExternalFiles> {
  const users = new Map<string, onnx.TensorProto>();
  const checksums = new Map<string, onnx.TensorProto>();
  for (const tensor of tensorsOf(graph)) {
    if (!isExternal(tensor)) continue;
    const location = locationOf(tensor);
    users.set(location, tensor);
    const checksum = entry(tensor, "checksum");
    if (checksum !== undefined) checksums.set(JSON.stringify([location, checksum.toLowerCase()]), tensor);
  }
  const files = new Map<string, Uint8Array>();
  // One after the other: a model with many files would open all of them at once.
  for (const [location, user] of users) files.set(location, await fetchFile(location, labelOf(user), readExternal));
  for (const tensor of checksums.values()) await verify(tensor, files.get(locationOf(tensor))!);
  return files;
}

/** ONNX's checksum of an external file is its SHA-1 in hexadecimal letters. */
async function verify(tensor: onnx.TensorProto, file: Uint8Array): Promise<void> {
  const location = locationOf(tensor);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", file as Uint8Array<ArrayBuffer>));
  const actual = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const expected = entry(tensor, "checksum")!.toLowerCase();
  if (actual === expected) return;
  throw modelError(`the external file "${location}" has not the checksum that ${labelOf(tensor)} names`, {
    hint: "Copy the file again; it must belong to this very model.",
    details: { location, expected, actual },
  });
}

/** The part of its external file that holds a tensor of the given size. */
export function externalBytes(proto: onnx.TensorProto, size: number, what: string, files: ExternalFiles): Uint8Array {
  const location = locationOf(proto);
  const offset = numberEntry(proto, "offset") ?? 0;
  const length = numberEntry(proto, "length") ?? size;
  const file = files.get(location)!;
  if (length !== size)
    throw modelError(`${what} needs ${size} bytes, but claims ${length} bytes of the external file "${location}"`);
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
  if (
    location === "" ||
    steps[0] === "" ||
    steps.includes("..") ||
    /^[a-z][a-z0-9+.-]*:/i.test(location) ||
    location.includes("\0")
  ) {
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
  if (!Number.isSafeInteger(value))
    throw modelError(`${labelOf(proto)} has the external ${key} "${text}", which is no number of bytes`);
  return value;
}

function entry(proto: onnx.TensorProto, key: string): string | undefined {
  return proto.externalData.find((item) => item.key === key)?.value ?? undefined;
}

function labelOf(proto: onnx.TensorProto): string {
  return proto.name === "" ? "a tensor without a name" : `tensor "${proto.name}"`;
}
