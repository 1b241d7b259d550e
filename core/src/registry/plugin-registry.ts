import { LirpaError, pluginError } from "../plugin/errors.js";
import type { Fusion, Pattern } from "../plugin/fusion.js";
import { nearest } from "../plugin/nearest.js";
import { operatorKey, type Operator } from "../plugin/operator.js";
import type { Perturbation } from "../plugin/perturbation.js";
import { API_VERSION, type Plugin } from "../plugin/plugin.js";

/** What a plugin brings, and which plugin it was. */
export interface Registered<T> {
  readonly value: T;
  readonly plugin: string;
  /** True where it took the place of another plugin's. */
  readonly overrides?: boolean;
}

/** Which package brings an operator or a perturbation type that no plugin provides: for messages only. */
export type Catalogue = Readonly<Record<string, string>>;

/** What the plugins bring, checked once and frozen. Lookup is ONNX's: the highest `sinceVersion` not above the opset. */
export class PluginRegistry {
  private constructor(
    private readonly operators: ReadonlyMap<string, readonly Registered<Operator>[]>,
    private readonly perturbations: ReadonlyMap<string, Registered<Perturbation>>,
    /** In the order of the plugins. */
    readonly fusions: readonly Registered<Fusion>[],
    private readonly catalogue: Catalogue,
  ) {
    Object.freeze(this);
  }

  /** Throws `LIRPA_PLUGIN` for a value that is no plugin of this generation, `LIRPA_CONFLICT` where two claim one name. */
  static from(plugins: readonly Plugin[], catalogue: Catalogue = {}): PluginRegistry {
    const operators = new Map<string, Registered<Operator>[]>();
    const perturbations = new Map<string, Registered<Perturbation>>();
    const fusions: Registered<Fusion>[] = [];
    for (const plugin of plugins) {
      checkPlugin(plugin);
      for (const operator of plugin.operators) addOperator(operators, plugin, operator);
      for (const perturbation of plugin.perturbations) addPerturbation(perturbations, plugin, perturbation);
      for (const fusion of plugin.fusions) fusions.push(checkedFusion(plugin, fusion));
    }
    return new PluginRegistry(operators, perturbations, fusions, catalogue);
  }

  operator(domain: string, type: string, opset: number): Registered<Operator> | undefined {
    return this.operators.get(operatorKey({ domain, type }))?.find(({ value }) => value.sinceVersion <= opset);
  }

  /** All that was put together, and how it is looked up: two registries of the same parts resolve and record the same. */
  parts(): readonly (readonly [name: string, part: object])[] {
    const operators = [...this.operators].flatMap(([key, list]) => list.map(({ value, plugin }) => [`${key} of ${plugin}`, value] as const));
    const sets = [...this.perturbations].map(([type, { value, plugin }]) => [`${type} of ${plugin}`, value] as const);
    return [...operators, ...sets, ...this.fusions.map(({ value, plugin }) => [`fusion of ${plugin}`, value] as const)];
  }

  /** All versions of an operator by its key (`operatorKey`), the newest first; empty where no plugin provides it. */
  versions(key: string): readonly Operator[] {
    return (this.operators.get(key) ?? []).map(({ value }) => value);
  }

  /** The keys of all operators that plugins provide. */
  operatorKeys(): string[] {
    return [...this.operators.keys()];
  }

  perturbation(type: string): Registered<Perturbation> {
    const found = this.perturbations.get(type);
    if (found !== undefined) return found;
    const known = [...this.perturbations.keys()];
    throw new LirpaError("LIRPA_UNSUPPORTED_PERTURBATION", `no plugin provides the perturbation ${JSON.stringify(type)}`, {
      hint: this.catalogue[`perturbation:${type}`] === undefined ? `Known types: ${known.join(", ")}.` : `Install ${this.catalogue[`perturbation:${type}`]}.`,
      details: { type, known },
    });
  }

  /** The error for a node whose operator nobody provides: says who would, or what is called alike. */
  missing(node: string, domain: string, type: string, opset: number): LirpaError {
    const name = operatorKey({ domain, type });
    const older = this.operators.get(name)?.map(({ value }) => value.sinceVersion);
    const shown = domain === "" ? `${type} (opset ${opset})` : `${type} of domain ${domain} (version ${opset})`;
    const provider = this.catalogue[name];
    const near = nearest(name, this.operators.keys());
    const hint =
      older !== undefined ? `The rule reads it from version ${Math.min(...older)} on; convert the model.`
      : provider !== undefined ? `Install ${provider} and add it to the plugins.`
      : near.length > 0 ? `Did you mean ${near.join(" or ")}?`
      : "Write an operator for it, or install a plugin that brings one.";
    return new LirpaError("LIRPA_UNSUPPORTED_OPERATOR", `node ${node}: no plugin provides the operator ${shown}`, {
      hint,
      details: { node, operator: type, domain, opset, ...(provider !== undefined && { package: provider }) },
    });
  }
}

function checkPlugin(plugin: Plugin): void {
  const name = typeof plugin?.name === "string" ? plugin.name : "?";
  if (plugin?.$$type !== "lirpa.plugin") {
    throw pluginError(name, "is not a lirpa plugin", { hint: "Its default export must come from definePlugin()." });
  }
  if (plugin.apiVersion !== API_VERSION) {
    throw pluginError(name, `was built for generation ${plugin.apiVersion} of the plugin contract; this is generation ${API_VERSION}`, {
      hint: plugin.apiVersion > API_VERSION ? "Update @lirpa/core." : "Update the plugin.",
    });
  }
}

function addOperator(operators: Map<string, Registered<Operator>[]>, plugin: Plugin, operator: Operator): void {
  if (operator?.$$type !== "lirpa.operator") throw pluginError(plugin.name, "lists an operator that defineOperator() did not make");
  if (operator.kind === "elementwise" && operator.monotone === undefined && operator.range === undefined) {
    throw pluginError(plugin.name, `the operator ${operator.type} says neither monotone nor range`);
  }
  if (operator.kind === "linear" && operator.nonnegative !== true && operator.magnitude === undefined && operator.data?.length !== 0) {
    throw pluginError(plugin.name, `the operator ${operator.type} says neither nonnegative nor magnitude`);
  }
  const key = operatorKey(operator);
  const list = operators.get(key) ?? [];
  const rival = list.find(({ value, plugin: other }) => value.sinceVersion === operator.sinceVersion || other !== plugin.name);
  // Of two that both take an operator over, neither has a better claim.
  if (rival !== undefined && plugin.overrides.includes(key) && rival.plugin !== plugin.name && rival.overrides !== true) {
    operators.set(key, [{ value: operator, plugin: plugin.name, overrides: true }]);
    return;
  }
  if (rival !== undefined) {
    throw new LirpaError("LIRPA_CONFLICT", `the operator ${key} comes from ${rival.plugin} and from ${plugin.name}`, {
      hint: `Leave one out, or let the later one say overrides: [${JSON.stringify(key)}].`,
      details: { operator: key, plugins: [rival.plugin, plugin.name] },
    });
  }
  list.push({ value: operator, plugin: plugin.name });
  list.sort((a, b) => b.value.sinceVersion - a.value.sinceVersion);
  operators.set(key, list);
}

function addPerturbation(perturbations: Map<string, Registered<Perturbation>>, plugin: Plugin, perturbation: Perturbation): void {
  if (perturbation?.$$type !== "lirpa.perturbation") throw pluginError(plugin.name, "lists a perturbation that definePerturbation() did not make");
  for (const type of perturbation.types) {
    const rival = perturbations.get(type);
    if (rival !== undefined) {
      throw new LirpaError("LIRPA_CONFLICT", `the perturbation ${type} comes from ${rival.plugin} and from ${plugin.name}`, { hint: "Leave one out." });
    }
    perturbations.set(type, { value: perturbation, plugin: plugin.name });
  }
}

function checkedFusion({ name: plugin }: Plugin, fusion: Fusion): Registered<Fusion> {
  if (fusion?.$$type !== "lirpa.fusion") throw pluginError(plugin, "lists a fusion that defineFusion() did not make");
  for (const pattern of fusion.patterns) {
    const names = namesIn(pattern);
    const unknown = fusion.inputs.find((input) => !names.has(input));
    if (unknown !== undefined) throw pluginError(plugin, `the fusion ${fusion.name} takes ${unknown}, which a pattern of it does not name`);
  }
  return { value: fusion, plugin };
}

function namesIn(pattern: Pattern): Set<string> {
  if (typeof pattern === "number") return new Set();
  return typeof pattern === "string" ? new Set([pattern]) : new Set(pattern.inputs.flatMap((input) => [...namesIn(input)]));
}
