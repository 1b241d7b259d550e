import { LirpaError, pluginError } from "../plugin/errors.js";
import type { Method } from "../methods/method.js";
import type { Fusion } from "../plugin/fusion.js";
import { nearest } from "../plugin/nearest.js";
import { isInternal, operatorKey, type Operator } from "../plugin/operator.js";
import type { Perturbation } from "../plugin/perturbation.js";
import type { Plugin } from "../plugin/plugin.js";
import { checkFusion, checkOperator, checkPerturbation, checkPlugin, failOf } from "./checks.js";
import { guardOperator, guardPerturbation } from "./guard.js";
import { methodKey, MethodNames, type OwnMethods } from "./methods.js";

/** What a plugin brings, and which plugin it was. */
export interface Registered<T> {
  /** With its functions guarded: what one does wrong is an error that names the plugin. */
  readonly value: T;
  /** As the plugin brings it. */
  readonly original: T;
  readonly plugin: string;
  /** True where it took the place of another plugin's. */
  readonly overrides?: boolean;
}

/** A package that brings what no plugin provides. */
export interface Provider {
  readonly package: string;
  /** Whether the project has it installed, and only does not allow it. */
  readonly installed?: boolean;
}

/**
 * Which package brings an operator (by its key), a perturbation type (`perturbation:<type>`) or a method
 * (`method:<name>`) that no plugin provides: for messages only.
 */
export type Catalogue = Readonly<Record<string, Provider>>;

/**
 * What the plugins bring, checked once and frozen. Lookup is ONNX's: the highest `sinceVersion` not above the opset.
 */
export class PluginRegistry {
  private constructor(
    private readonly operators: ReadonlyMap<string, readonly Registered<Operator>[]>,
    private readonly perturbations: ReadonlyMap<string, Registered<Perturbation>>,
    /** In the order of the plugins. */
    readonly fusions: readonly Registered<Fusion>[],
    private readonly methodNames: MethodNames,
    private readonly catalogue: Catalogue,
  ) {
    Object.freeze(this);
  }

  /**
   * What plugins bring, besides methods of one's own. Throws `LIRPA_PLUGIN` for a value that is no plugin of this
   * generation, `LIRPA_OPTION` for an own method that is none, `LIRPA_CONFLICT` where two claim one name.
   */
  static from(plugins: readonly Plugin[], catalogue: Catalogue = {}, own?: OwnMethods): PluginRegistry {
    const operators = new Map<string, Registered<Operator>[]>();
    const perturbations = new Map<string, Registered<Perturbation>>();
    const fusions: Registered<Fusion>[] = [];
    const methods = new MethodNames();
    if (own !== undefined) methods.addOwn(own);
    for (const plugin of plugins) {
      checkPlugin(plugin);
      for (const operator of plugin.operators) addOperator(operators, plugin, operator);
      for (const perturbation of plugin.perturbations) addPerturbation(perturbations, plugin, perturbation);
      for (const fusion of plugin.fusions) fusions.push(checkedFusion(plugin, fusion));
      for (const method of plugin.methods) methods.addOf(plugin, method, failOf(plugin.name));
    }
    const registry = new PluginRegistry(operators, perturbations, fusions, methods, catalogue);
    for (const plugin of plugins) registry.checkNeeds(plugin);
    return registry;
  }

  /** Whoever puts plugins together learns what is missing before a model meets it. */
  private checkNeeds({ name, needs }: Plugin): void {
    const missing = needs.find((key) => !this.operators.has(key));
    if (missing === undefined) return;
    const provider = this.providerOf(missing);
    throw pluginError(name, `needs the operator ${missing}, which no plugin provides`, {
      hint: provider === undefined ? "Add a plugin that brings it." : wayTo(provider),
      details: { operator: missing, ...(provider !== undefined && { package: provider.package }) },
    });
  }

  operator(domain: string, type: string, opset: number): Registered<Operator> | undefined {
    return this.operators.get(operatorKey({ domain, type }))?.find(({ value }) => value.sinceVersion <= opset);
  }

  /**
   * All that was put together, and how it is looked up: two registries of the same parts resolve and record the same.
   */
  parts(): readonly (readonly [name: string, part: object])[] {
    const operators = [...this.operators].flatMap(([key, list]) =>
      list.map(({ original, plugin }) => [`${key} of ${plugin}`, original] as const),
    );
    const sets = [...this.perturbations].map(
      ([type, { original, plugin }]) => [`${type} of ${plugin}`, original] as const,
    );
    const fusions = this.fusions.map(({ original, plugin }) => [`fusion of ${plugin}`, original] as const);
    const methods = this.methods().map(({ original, plugin }) => {
      return [`method ${original.name} of ${plugin}`, original] as const;
    });
    return [...operators, ...sets, ...fusions, ...methods];
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
    const provider = this.providerOf(`perturbation:${type}`);
    throw new LirpaError(
      "LIRPA_UNSUPPORTED_PERTURBATION",
      `no plugin provides the perturbation ${JSON.stringify(type)}`,
      {
        hint: provider === undefined ? `Known types: ${known.join(", ")}.` : wayTo(provider),
        details: { type, known, ...(provider !== undefined && { package: provider.package }) },
      },
    );
  }

  /** All methods, each once. */
  methods(): readonly Registered<Method>[] {
    return this.methodNames.all();
  }

  /** The names of all methods, other names of one included. */
  methodKeys(): readonly string[] {
    return this.methodNames.names();
  }

  /**
   * A method by one of its names. Throws `LIRPA_UNSUPPORTED_METHOD`, which says who would bring it, or what is called
   * alike.
   */
  method(name: string): Registered<Method> {
    const found = this.methodNames.get(name);
    if (found !== undefined) return found;
    const provider = this.providerOf(methodKey(name));
    const known = this.methodKeys();
    const near = typeof name === "string" ? nearest(name, known) : [];
    const alike = near.length > 0 ? `Did you mean ${near.join(" or ")}? ` : "";
    throw new LirpaError("LIRPA_UNSUPPORTED_METHOD", `there is no method ${JSON.stringify(name)}`, {
      hint: provider === undefined ? `${alike}Methods: ${known.join(", ")}.` : wayTo(provider),
      details: { method: name, known, ...(provider !== undefined && { package: provider.package }) },
    });
  }

  /** A name may be any that a model or a query has, `constructor` among them. */
  private providerOf(name: string): Provider | undefined {
    return Object.hasOwn(this.catalogue, name) ? this.catalogue[name] : undefined;
  }

  /** The error for a node whose operator nobody provides: says who would, or what is called alike. */
  missingError(node: string, domain: string, type: string, opset: number): LirpaError {
    const name = operatorKey({ domain, type });
    const older = this.operators.get(name)?.map(({ value }) => value.sinceVersion);
    const shown = domain === "" ? `${type} (opset ${opset})` : `${type} of domain ${domain} (version ${opset})`;
    const provider = this.providerOf(name);
    const near = nearest(
      name,
      [...this.operators.keys()].filter((key) => !isInternal(key)),
    );
    const hint =
      older !== undefined
        ? `The rule reads it from version ${Math.min(...older)} on; convert the model.`
        : provider !== undefined
          ? wayTo(provider)
          : near.length > 0
            ? `Did you mean ${near.join(" or ")}?`
            : "Write an operator for it, or install a plugin that brings one.";
    return new LirpaError("LIRPA_UNSUPPORTED_OPERATOR", `node ${node}: no plugin provides the operator ${shown}`, {
      hint,
      details: { node, operator: type, domain, opset, ...(provider !== undefined && { package: provider.package }) },
    });
  }
}

/** The same advice for whoever meets the lack of a plugin: the command, the API, coverage. */
function wayTo({ package: name, installed = false }: Provider): string {
  return installed
    ? `Add ${name}, which is installed, to lirpa.plugins in package.json.`
    : `Install ${name} and add it to the plugins.`;
}

function addOperator(operators: Map<string, Registered<Operator>[]>, plugin: Plugin, operator: Operator): void {
  checkOperator(plugin.name, operator);
  const value = guardOperator(plugin.name, operator);
  const key = operatorKey(operator);
  const list = operators.get(key) ?? [];
  const rival = list.find(
    ({ value, plugin: other }) => value.sinceVersion === operator.sinceVersion || other !== plugin.name,
  );
  // Of two that both take an operator over, neither has a better claim.
  if (
    rival !== undefined &&
    plugin.overrides.includes(key) &&
    rival.plugin !== plugin.name &&
    rival.overrides !== true
  ) {
    operators.set(key, [{ value, original: operator, plugin: plugin.name, overrides: true }]);
    return;
  }
  if (rival !== undefined) {
    throw new LirpaError("LIRPA_CONFLICT", `the operator ${key} comes from ${rival.plugin} and from ${plugin.name}`, {
      hint: `Leave one out, or let the later one say overrides: [${JSON.stringify(key)}].`,
      details: { operator: key, plugins: [rival.plugin, plugin.name] },
    });
  }
  list.push({ value, original: operator, plugin: plugin.name });
  list.sort((a, b) => b.value.sinceVersion - a.value.sinceVersion);
  operators.set(key, list);
}

function addPerturbation(
  perturbations: Map<string, Registered<Perturbation>>,
  plugin: Plugin,
  perturbation: Perturbation,
): void {
  checkPerturbation(plugin.name, perturbation);
  const value = guardPerturbation(plugin.name, perturbation);
  const { type } = perturbation;
  const rival = perturbations.get(type);
  if (rival !== undefined) {
    throw new LirpaError(
      "LIRPA_CONFLICT",
      `the perturbation ${type} comes from ${rival.plugin} and from ${plugin.name}`,
      { hint: "Leave one out." },
    );
  }
  perturbations.set(type, { value, original: perturbation, plugin: plugin.name });
}

function checkedFusion({ name: plugin }: Plugin, fusion: Fusion): Registered<Fusion> {
  checkFusion(plugin, fusion);
  return {
    value: Object.freeze({ ...fusion, operator: guardOperator(plugin, fusion.operator) }),
    original: fusion,
    plugin,
  };
}
