import { LirpaError, type Composition } from "@lirpa/core";
import type { Plugin } from "@lirpa/core/plugin";

/** What to add to the standard packs, the importer and ONNX Runtime, or to use instead of them. */
export interface CommonOptions extends Partial<Omit<Composition, "plugins">> {
  /** Plugins besides the standard packs. */
  readonly plugins?: readonly Plugin[];
}

export const COMMON_OPTIONS: readonly string[] = ["plugins", "executor", "cache", "methods", "catalogue", "memory"];

/** The plugins that are given; `LIRPA_OPTION` where they are no list. */
export function pluginsOf({ plugins = [] }: CommonOptions): readonly Plugin[] {
  if (Array.isArray(plugins)) return plugins as readonly Plugin[];
  const hint = "Give a list of what definePlugin() made.";
  throw new LirpaError("LIRPA_OPTION", "plugins is no list of plugins", { hint });
}
