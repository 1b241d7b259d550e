import type { InjectionToken } from "tsyringe";
import type { Executor } from "./plugin/executor.js";
import type { KeptPrograms } from "./program/kept.js";
import type { PluginRegistry } from "./registry/plugin-registry.js";

/** What the composition root wires. `Symbol.for` makes two copies of this package agree. */
export const TOKENS: {
  readonly registry: InjectionToken<PluginRegistry>;
  readonly executor: InjectionToken<Executor>;
  readonly programs: InjectionToken<KeptPrograms>;
  readonly memory: InjectionToken<number>;
} = Object.freeze({
  registry: Symbol.for("lirpa.registry"),
  executor: Symbol.for("lirpa.executor"),
  programs: Symbol.for("lirpa.programs"),
  memory: Symbol.for("lirpa.memory"),
});
