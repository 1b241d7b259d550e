import { LirpaError, type LirpaErrorOptions } from "@lirpa/core";

/** Something is wrong with the file. */
export function modelError(message: string, options?: LirpaErrorOptions): LirpaError {
  return new LirpaError("LIRPA_MODEL", message, options);
}

/** How messages name a node. */
export function nodeLabel(name: string, type: string): string {
  return `node "${name}" (${type})`;
}

/** Something of a graph has no place in a file. */
export function graphError(message: string, options?: LirpaErrorOptions): LirpaError {
  return new LirpaError("LIRPA_GRAPH", message, options);
}
