import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { createLirpa as compose, LirpaError, type Lirpa, type LirpaOptions, type Model, type Plugin } from "@lirpa/core";
import { onnxRuntimeExecutor } from "@lirpa/executor-onnxruntime";
import { readModel } from "@lirpa/onnx";
import lp from "@lirpa/perturbation-lp";
import activation from "@lirpa/plugin-activation";
import convolution from "@lirpa/plugin-convolution";
import linear from "@lirpa/plugin-linear";
import pooling from "@lirpa/plugin-pooling";
import shape from "@lirpa/plugin-shape";
import { catalogue } from "./catalogue.js";
import { reasonOf } from "./system-error.js";

/** The packs that come with lirpa. */
export const standardPlugins: readonly Plugin[] = Object.freeze([linear, convolution, pooling, activation, shape, lp]);

export interface BatteriesOptions extends Partial<Omit<LirpaOptions, "plugins">> {
  /** Plugins besides the standard packs. */
  readonly plugins?: readonly Plugin[];
}

export interface LirpaWithFiles extends Lirpa {
  /** Reads an ONNX file. Throws `LIRPA_MODEL` for what is no readable model. */
  load(file: string): Promise<Model>;
}

/** lirpa with the standard packs, ONNX Runtime and the importer, and any further plugins. */
export async function createLirpa(options: BatteriesOptions = {}): Promise<LirpaWithFiles> {
  const lirpa = compose({
    executor: onnxRuntimeExecutor(),
    catalogue,
    ...options,
    plugins: [...standardPlugins, ...(options.plugins ?? [])],
  });
  return Object.assign(lirpa, { load: async (file: string) => lirpa.model(await loadGraph(file)) });
}

async function loadGraph(file: string): ReturnType<typeof readModel> {
  const bytes = await readBytes(file, "the model");
  return readModel(bytes, { name: basename(file), readExternal: (location) => readBytes(join(dirname(file), location), "the external data") });
}

async function readBytes(file: string, what: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new LirpaError("LIRPA_MODEL", `cannot read ${what} ${file}: ${reasonOf(cause)}`, { cause, hint: "Check the path." });
  }
}
