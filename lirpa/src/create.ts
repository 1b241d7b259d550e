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
import { diskProgramCache } from "./disk-cache.js";
import { reasonOf } from "./system-error.js";

/** The packs that come with lirpa. */
export const standardPlugins: readonly Plugin[] = Object.freeze([linear, convolution, pooling, activation, shape, lp]);

export interface BatteriesOptions extends Partial<Omit<LirpaOptions, "plugins">> {
  /** Plugins besides the standard packs. */
  readonly plugins?: readonly Plugin[];
  /** A folder in which compiled programs are kept for the next process (docs/executors.md). */
  readonly cacheFolder?: string;
}

export interface LirpaWithFiles extends Lirpa {
  /** Reads an ONNX file. Throws `LIRPA_MODEL` for what is no readable model. */
  load(file: string): Promise<Model>;
}

/** lirpa with the standard packs, ONNX Runtime and the importer, and any further plugins. */
export async function createLirpa(options: BatteriesOptions = {}): Promise<LirpaWithFiles> {
  const { cacheFolder: folder, ...others } = options;
  const executor = options.executor ?? onnxRuntimeExecutor();
  const plugins = [...standardPlugins, ...(options.plugins ?? [])];
  // Nothing tells a method of one's own from another one of its name.
  const isKept = folder !== undefined && options.methods === undefined;
  const lirpa = compose({
    catalogue,
    ...(isKept && { cache: diskProgramCache({ folder, executor, plugins }) }),
    ...others,
    executor,
    plugins,
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
