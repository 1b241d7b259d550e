import type { LirpaError, Plugin } from "@lirpa/core/plugin";
import { noManifestField, wrongManifest } from "./errors.js";
import type { FoundPlugin } from "./discover.js";

/** What a plugin brings, by name: what its manifest says of it, or it itself. */
export type Brings = Pick<FoundPlugin, "operators" | "perturbations" | "methods">;

export function bringsOf({ operators, perturbations, methods }: Plugin): Brings {
  return {
    operators: [...new Set(operators.map(({ domain, type }) => keyOf(domain, type)))],
    perturbations: perturbations.map(({ type }) => type),
    methods: methods.flatMap(({ name, aliases = [] }) => [name, ...aliases]),
  };
}

/** As catalogues and `overrides` call it. */
export function keysOf({ operators, perturbations, methods }: Brings): string[] {
  const sets = perturbations.map((type) => `perturbation:${type}`);
  return [...operators, ...sets, ...methods.map((method) => `method:${method}`)];
}

export function keyOf(domain: string | undefined, type: string): string {
  return domain === undefined || domain === "" || domain === "ai.onnx" ? type : `${domain}:${type}`;
}

/** Whether a manifest says what the plugin brings: hints for what is missing rely on it. */
export function described(found: FoundPlugin, project: string, plugin: Plugin | undefined): LirpaError[] {
  if (found.manifest === undefined) return [];
  if (!found.described) return [noManifestField(found.name, project)];
  if (plugin === undefined) return [];
  const [brings, listed] = [keysOf(bringsOf(plugin)), keysOf(found)];
  const lacking = brings.filter((key) => !listed.includes(key)).map((key) => `it lacks ${key}`);
  const wrong = [...lacking, ...listed.filter((key) => !brings.includes(key)).map((key) => `there is no ${key}`)];
  return wrong.length === 0 ? [] : [wrongManifest(found.name, project, wrong.join(", "))];
}
