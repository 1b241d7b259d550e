import { LirpaError, type Graph, type Lirpa as CoreLirpa, type Model } from "@lirpa/core";
import { readModel } from "@lirpa/onnx";

/** Where a model is: its path in Node or its address in a browser, a URL, or its bytes. */
export type ModelSource = string | URL | Uint8Array;

/** Reads models, too. */
export interface Lirpa extends CoreLirpa {
  /**
   * Reads an ONNX model. Weights that it keeps in files of their own are read from its folder; a model that is given
   * by its bytes must hold all of them. Throws `LIRPA_MODEL` for what cannot be read, or is no model.
   */
  load(source: ModelSource): Promise<Model>;
}

/** Adds what reads models. The graph is nobody else's, so that no copy is made. */
export function withLoad(lirpa: CoreLirpa, read: (source: ModelSource) => Promise<Graph>): Lirpa {
  return Object.assign(lirpa, {
    load: async (source: ModelSource) => lirpa.model(await read(source), { copy: false }),
  });
}

/** Reads a model by its bytes, or from a URL of any kind that `fetch` takes. */
export async function readModelSource(source: URL | Uint8Array): Promise<Graph> {
  if (!(source instanceof URL)) return readModel(source);
  return readModel(await fetched(source, "the model"), {
    name: nameIn(source),
    readExternal: (location) => fetched(besides(source, location), "the external data"),
  });
}

/** The last part of its path; a URL of data or of a blob has none that means something. */
function nameIn({ protocol, pathname }: URL): string {
  const name = /^(https?|file):$/.test(protocol) ? pathname.split("/").at(-1)! : "";
  return name === "" ? "model" : name;
}

/** A file in the model's folder. What has a meaning in URLs has none in a file's name. */
function besides(model: URL, location: string): URL {
  return new URL(location.split("/").map(encodeURIComponent).join("/"), model);
}

async function fetched(url: URL, what: string): Promise<Uint8Array> {
  const unreadable = (why: string, cause?: unknown): LirpaError =>
    new LirpaError("LIRPA_MODEL", `cannot read ${what} ${shown(url)}: ${why}`, { hint: "Check the address.", cause });
  let response: Response;
  try {
    response = await fetch(url);
  } catch (cause) {
    throw unreadable(reasonOf(cause), cause);
  }
  if (!response.ok) throw unreadable(`the server answers ${response.status} ${response.statusText}`.trimEnd());
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw unreadable(reasonOf(cause), cause);
  }
}

/** What is neither of the sources that `load` takes. */
export function noSource(source: unknown, cause?: unknown): LirpaError {
  const problem = source instanceof URL ? `cannot read ${shown(source)}` : "what was given is no source of a model";
  const hint = "Give a path, a URL, or the bytes of the model as a Uint8Array.";
  return new LirpaError("LIRPA_MODEL", problem, { hint, ...(cause !== undefined && { cause }) });
}

/** A URL of data is as long as the data. */
function shown({ href }: URL): string {
  return href.length > 200 ? `${href.slice(0, 200)}…` : href;
}

/** Node's `fetch` says "fetch failed", and why in the cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message !== "" ? cause.message : message;
}
