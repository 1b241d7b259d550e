import onnxProto from "onnx-proto";
import { LirpaError } from "../plugin/errors.js";
import type { Port, Program } from "../plugin/program.js";
import { isPort, isPortWithRole } from "./ports.js";
import type { IrNode } from "../tensor/ir.js";

const { onnx } = onnxProto;

/** Moves when the same program is emitted otherwise than before: part of the identity of what is kept on disk. */
export const EMITTER_VERSION = 6;

/** What an emitted ONNX model says of itself. */
export interface SavedProgram {
  readonly name: string;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Omit<Port, "role">[];
  /** How many ONNX nodes it has. */
  readonly nodes: number;
  /** All entries of the file, those of its writer among them: `lirpa.method`, `lirpa.plugins`, … */
  readonly metadata: Readonly<Record<string, string>>;
}

const KEYS = {
  name: "lirpa.program",
  emitter: "lirpa.emitter",
  inputs: "lirpa.inputs",
  outputs: "lirpa.outputs",
} as const;

/** The entries that every emitted model has. */
export function interfaceMetadata(
  { name, inputs }: Program,
  outputs: Readonly<Record<string, IrNode>>,
): Record<string, string> {
  const given = Object.entries(outputs).map(([name, { shape, dtype, instances, rows }]) => ({
    name,
    shape,
    dtype,
    instances,
    rows: rows !== undefined,
  }));
  return {
    [KEYS.name]: name,
    [KEYS.emitter]: String(EMITTER_VERSION),
    [KEYS.inputs]: JSON.stringify(inputs),
    [KEYS.outputs]: JSON.stringify(given),
  };
}

/** Reads what a saved program takes and gives; nothing is recorded. Throws `LIRPA_MODEL` for anything else. */
export function readProgram(bytes: Uint8Array): SavedProgram {
  const { metadata, nodes } = contentOf(bytes);
  const name = metadata[KEYS.name];
  const inputs = listOf(metadata[KEYS.inputs], isPortWithRole);
  const outputs = listOf(metadata[KEYS.outputs], isPort);
  if (name === undefined || inputs === undefined || outputs === undefined) {
    throw notSaved("its metadata do not say what it takes and gives");
  }
  return Object.freeze({ name, inputs, outputs, nodes, metadata });
}

function contentOf(bytes: Uint8Array): { metadata: Record<string, string>; nodes: number } {
  try {
    const { metadataProps, graph } = onnx.ModelProto.decode(bytes);
    return {
      metadata: Object.fromEntries(metadataProps.map(({ key, value }) => [String(key), String(value)])),
      nodes: graph?.node?.length ?? 0,
    };
  } catch (cause) {
    throw notSaved("it is no ONNX model", cause);
  }
}

function listOf<P>(text: string | undefined, isOne: (value: unknown) => value is P): readonly P[] | undefined {
  try {
    const list: unknown = JSON.parse(text ?? "");
    return Array.isArray(list) && list.every(isOne) ? Object.freeze(list) : undefined;
  } catch {
    return undefined;
  }
}

function notSaved(why: string, cause?: unknown): LirpaError {
  return new LirpaError("LIRPA_MODEL", `this is no saved program: ${why}`, {
    cause,
    hint: "Give a file that `lirpa bounds --save` or emitOnnx() wrote.",
  });
}
