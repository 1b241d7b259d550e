import { checkOptions, composeLirpa as compose, type Graph } from "@lirpa/core";
import { onnxRuntimeWebExecutor } from "@lirpa/executor-onnxruntime-web";
import { catalogue } from "./catalogue.js";
import { COMMON_OPTIONS, pluginsOf, type CommonOptions } from "./options.js";
import { noSource, readModelSource, withLoad, type Lirpa, type ModelSource } from "./source.js";
import { standardPlugins } from "./standard-plugins.js";

/**
 * lirpa with the standard packs, ONNX Runtime's WebAssembly and the importer, and any further plugins: nothing is
 * looked for on a disk. Throws `LIRPA_PLUGIN` or `LIRPA_CONFLICT` naming a plugin that cannot be used.
 */
export async function createLirpa(options: CommonOptions = {}): Promise<Lirpa> {
  checkOptions(options, COMMON_OPTIONS, "createLirpa");
  const plugins = [...standardPlugins, ...pluginsOf(options)];
  const executor = options.executor ?? onnxRuntimeWebExecutor();
  return withLoad(compose({ catalogue, ...options, executor, plugins }), read);
}

/** A string is an address, relative to the page where it is none by itself. */
async function read(source: ModelSource): Promise<Graph> {
  if (source instanceof Uint8Array || source instanceof URL) return readModelSource(source);
  const { location } = globalThis as { readonly location?: { readonly href: string } };
  if (typeof source !== "string" || !URL.canParse(source, location?.href)) throw noSource(source);
  return readModelSource(new URL(source, location?.href));
}
