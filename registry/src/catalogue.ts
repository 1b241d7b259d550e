import type { Catalogue } from "@lirpa/core";
import type { FoundPlugin } from "./discover.js";

/** Which of some installed packages brings an operator or a perturbation, by their manifests. */
export function catalogueOf(plugins: readonly FoundPlugin[]): Catalogue {
  return Object.fromEntries(plugins.flatMap(({ name, operators, perturbations }) => {
    const brings = [...operators, ...perturbations.map((type) => `perturbation:${type}`)];
    return brings.map((what) => [what, { package: name, installed: true }]);
  }));
}
