import type { Catalogue } from "@lirpa/core";
import { keysOf } from "./brings.js";
import type { FoundPlugin } from "./discover.js";

/** Which of some installed packages brings an operator, a perturbation or a method, by their manifests. */
export function catalogueOf(plugins: readonly FoundPlugin[]): Catalogue {
  return Object.fromEntries(
    plugins.flatMap((plugin) => keysOf(plugin).map((what) => [what, { package: plugin.name, installed: true }])),
  );
}
