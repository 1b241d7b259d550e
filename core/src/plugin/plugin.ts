import type { Method } from "../methods/method.js";
import { pluginError } from "./errors.js";
import type { Fusion } from "./fusion.js";
import type { Operator } from "./operator.js";
import { hintOf } from "./options.js";
import type { Perturbation } from "./perturbation.js";

/** The generation of this contract. It moves only when a plugin written against the previous one would break. */
export const API_VERSION = 2;

/** What a plugin says of itself. */
export interface PluginDefinition {
  /** The npm name of the package. */
  readonly name: string;
  /** The generation of the contract that the plugin was written against: 2. */
  readonly apiVersion: number;
  readonly operators?: readonly Operator[];
  readonly perturbations?: readonly Perturbation[];
  /** Formulas that are operators; of two that match a node, the one of the earlier plugin is taken. */
  readonly fusions?: readonly Fusion[];
  /** Ways to bound, as `defineMethod` makes them (docs/write-a-method.md). */
  readonly methods?: readonly Method[];
  /**
   * What this plugin takes over from others: operators as `"Relu"` or `"my.domain:Relu"`, methods as `"method:crown"`.
   */
  readonly overrides?: readonly string[];
  /** Operators of other plugins that its own expand into, as `"Exp"` or `"lirpa:Square"`. */
  readonly needs?: readonly string[];
}

/** A plugin as `definePlugin` makes it. */
export interface Plugin extends PluginDefinition {
  readonly $$type: "lirpa.plugin";
  readonly operators: readonly Operator[];
  readonly perturbations: readonly Perturbation[];
  readonly fusions: readonly Fusion[];
  readonly methods: readonly Method[];
  readonly overrides: readonly string[];
  readonly needs: readonly string[];
}

/** The lists that a plugin may have. */
export const PLUGIN_LISTS = ["operators", "perturbations", "fusions", "methods", "overrides", "needs"] as const;
const FIELDS: readonly string[] = ["name", "apiVersion", ...PLUGIN_LISTS];

/** A plugin is a plain frozen value; importing it has no effect. */
export function definePlugin(definition: PluginDefinition): Plugin {
  if (typeof definition.name !== "string" || definition.name === "") {
    throw pluginError("?", "a plugin needs a name", { hint: "Use the package's npm name." });
  }
  const unknown = Object.keys(definition).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) {
    throw pluginError(definition.name, `a plugin has no field ${JSON.stringify(unknown)}`, {
      hint: hintOf(unknown, FIELDS),
    });
  }
  for (const field of PLUGIN_LISTS) {
    if (definition[field] === undefined || Array.isArray(definition[field])) continue;
    throw pluginError(definition.name, `its ${field} are no list`);
  }
  return Object.freeze({
    $$type: "lirpa.plugin",
    name: definition.name,
    apiVersion: definition.apiVersion,
    operators: Object.freeze([...(definition.operators ?? [])]),
    perturbations: Object.freeze([...(definition.perturbations ?? [])]),
    fusions: Object.freeze([...(definition.fusions ?? [])]),
    methods: Object.freeze([...(definition.methods ?? [])]),
    overrides: Object.freeze([...(definition.overrides ?? [])]),
    needs: Object.freeze([...(definition.needs ?? [])]),
  });
}
