import { pluginError, type LirpaError } from "../plugin/errors.js";
import type { Fusion, Pattern } from "../plugin/fusion.js";
import type { Method } from "../methods/method.js";
import type { Attribute } from "../plugin/attributes.js";
import { fitsInputs } from "../plugin/inputs.js";
import { operatorKey, type NamedLines, type Operator } from "../plugin/operator.js";
import { hintOf } from "../plugin/options.js";
import type { Perturbation } from "../plugin/perturbation.js";
import { API_VERSION, PLUGIN_LISTS, type Plugin } from "../plugin/plugin.js";

// What is wrong with a plugin is said when plugins are put together, not when a model first meets it: fields by name
// and type, and names that must name something. What a function returns is checked where it is called (guard.ts).

type Check = (value: unknown) => boolean;
/** Makes a complaint of what is wrong and what to do about it. */
export type Fail = (problem: string, hint: string) => LirpaError;
type Fields = Readonly<Record<string, { readonly check: Check; readonly wants: string; readonly required?: true }>>;

const isFunction: Check = (value) => typeof value === "function";
const isText: Check = (value) => typeof value === "string" && value !== "";
const isTexts: Check = (value) => Array.isArray(value) && value.every(isText);
const isFlag: Check = (value) => typeof value === "boolean";
const isDeclared: Check = (value) =>
  typeof value === "object" &&
  value !== null &&
  Object.values(value).every((one) => (one as Attribute<unknown> | null)?.$$type === "lirpa.attribute");
const isRules: Check = (value) => typeof value === "object" && value !== null && Object.values(value).every(isFunction);

const isRelax: Check = (value) => {
  if (typeof value !== "object" || value === null) return isFunction(value);
  const { lines, default: first, forward, ...others } = value as Partial<NamedLines<unknown>>;
  return (
    isRules(lines) && isText(first) && (forward === undefined || isText(forward)) && Object.keys(others).length === 0
  );
};

const optionalFunction = { check: isFunction, wants: "a function" } as const;
const requiredFunction = { ...optionalFunction, required: true } as const;

const OPERATOR: Fields = {
  $$type: { check: isText, wants: "a brand" },
  type: { check: isText, wants: "an operator type, such as Relu", required: true },
  domain: { check: (value) => typeof value === "string", wants: "the name of a domain" },
  sinceVersion: {
    check: (value) => Number.isInteger(value) && (value as number) >= 1,
    wants: "an opset, 1 or more",
    required: true,
  },
  kind: { check: isText, wants: "a kind", required: true },
  inputs: { check: isTexts, wants: "a list of names", required: true },
  attributes: { check: isDeclared, wants: "attributes by name, as int() and its like declare them" },
  derive: optionalFunction,
  expand: optionalFunction,
};

const KINDS: Readonly<Record<Operator["kind"], Fields>> = {
  linear: {
    data: { check: isTexts, wants: "a list of input names" },
    forward: requiredFunction,
    nonnegative: { check: isFlag, wants: "true or false" },
    magnitude: optionalFunction,
  },
  elementwise: {
    forward: requiredFunction,
    monotone: {
      check: (value) => value === "increasing" || value === "decreasing",
      wants: '"increasing" or "decreasing"',
    },
    range: optionalFunction,
    takesUnbounded: { check: isFlag, wants: "true or false" },
    relax: { check: isRelax, wants: "a function, or { lines, default }: functions by name", required: true },
    stable: optionalFunction,
    defined: optionalFunction,
  },
  bilinear: {
    factors: {
      check: (value) => isTexts(value) && (value as unknown[]).length === 2,
      wants: "the names of two inputs",
      required: true,
    },
    additive: { check: isTexts, wants: "a list of input names" },
    forward: requiredFunction,
    terms: requiredFunction,
  },
  composite: { expand: requiredFunction },
  custom: {
    forward: requiredFunction,
    interval: requiredFunction,
    takesUnbounded: { check: isFlag, wants: "true or false" },
    backward: optionalFunction,
  },
};

const PERTURBATION: Fields = {
  $$type: { check: isText, wants: "a brand" },
  type: { check: isText, wants: "a name", required: true },
  parse: requiredFunction,
  isBox: requiredFunction,
  hull: requiredFunction,
  concretize: requiredFunction,
  concretizeRange: optionalFunction,
  sample: requiredFunction,
  project: requiredFunction,
};

const METHOD: Fields = {
  $$type: { check: isText, wants: "a brand" },
  name: { check: isMethodName, wants: "a name without spaces and commas", required: true },
  description: { check: (value) => typeof value === "string", wants: "a few words", required: true },
  aliases: {
    check: (value) => Array.isArray(value) && value.every(isMethodName),
    wants: "a list of names without spaces and commas",
  },
  needs: {
    check: (value) => ["interval", "backward", "forward"].includes(value as string),
    required: true,
    wants: '"interval", "backward" or "forward"',
  },
  improves: { check: isText, wants: "the name of a method" },
  relaxes: { check: isFlag, wants: "true or false" },
  options: optionalFunction,
  structure: optionalFunction,
  recipe: { check: isRecipe, wants: "{ intermediate, rows }, as recorded() has it" },
  program: optionalFunction,
  bounds: requiredFunction,
};

const FUSION: Fields = {
  $$type: { check: isText, wants: "a brand" },
  name: { check: isText, wants: "a name", required: true },
  patterns: {
    check: (value) => Array.isArray(value) && value.length > 0 && value.every(isNodePattern),
    wants: "a list of node patterns",
    required: true,
  },
  operator: {
    check: (value) => (value as Operator | null)?.$$type === "lirpa.operator",
    wants: "an operator that defineOperator() made",
    required: true,
  },
  attributes: { check: (value) => typeof value === "object" && value !== null, wants: "attributes by name" },
  inputs: { check: isTexts, wants: "a list of names", required: true },
};

/** Throws `LIRPA_PLUGIN` for a value that is no plugin of this generation. */
export function checkPlugin(plugin: Plugin): void {
  const name = typeof plugin?.name === "string" ? plugin.name : "?";
  if (plugin?.$$type !== "lirpa.plugin") {
    throw pluginError(name, "is not a lirpa plugin", { hint: "Its default export must come from definePlugin()." });
  }
  if (plugin.apiVersion !== API_VERSION) {
    throw pluginError(
      name,
      `was built for generation ${String(plugin.apiVersion)} of the plugin contract; this is generation ${API_VERSION}`,
      {
        hint: plugin.apiVersion > API_VERSION ? "Update @lirpa/core." : "Update the plugin.",
      },
    );
  }
  for (const field of PLUGIN_LISTS) {
    if (!Array.isArray(plugin[field]))
      throw pluginError(name, `its ${field} are no list`, { hint: "Make it by definePlugin()." });
  }
}

/** Throws `LIRPA_PLUGIN` that names the package, the operator and the field. */
export function checkOperator(plugin: string, operator: Operator): void {
  if (operator?.$$type !== "lirpa.operator")
    throw pluginError(plugin, "lists an operator that defineOperator() did not make");
  const what = `the operator ${isText(operator.type) ? operatorKey(operator) : "without a type"}`;
  const own = Object.hasOwn(KINDS, operator.kind) ? KINDS[operator.kind] : undefined;
  if (own === undefined) {
    throw pluginError(
      plugin,
      `${what} has ${operator.kind === undefined ? "no kind" : `the kind ${shown(operator.kind)}`}`,
      { hint: `Kinds are ${Object.keys(KINDS).join(", ")}.` },
    );
  }
  checkFields(failOf(plugin), `${what} (${operator.kind})`, operator, { ...OPERATOR, ...own });
  const fail = (problem: string, hint: string): LirpaError => pluginError(plugin, `${what} ${problem}`, { hint });
  checkInputs(operator, fail);
  if (operator.kind === "elementwise") {
    if (!/[^?.]$/.test(operator.inputs[0] ?? ""))
      throw fail("has no first input that is always there", "It is the one whose elements it maps.");
    if (operator.monotone === undefined && operator.range === undefined)
      throw fail("says neither monotone nor range", "Its interval comes from one of them.");
    checkLines(operator.relax, fail);
  }
  if (
    operator.kind === "linear" &&
    operator.nonnegative !== true &&
    operator.magnitude === undefined &&
    operator.data?.length !== 0
  ) {
    throw fail("says neither nonnegative nor magnitude", "Its interval comes from one of them.");
  }
}

function checkLines(
  relax: Extract<Operator, { kind: "elementwise" }>["relax"],
  fail: (problem: string, hint: string) => LirpaError,
): void {
  if (typeof relax === "function") return;
  const names = Object.keys(relax.lines);
  const unknown = [relax.default, relax.forward].find((name) => name !== undefined && !names.includes(name));
  if (unknown !== undefined)
    throw fail(`takes the lines ${shown(unknown)} by default, which it does not offer`, hintOf(unknown, names));
}

function checkInputs(operator: Operator, fail: (problem: string, hint: string) => LirpaError): void {
  const bare = operator.inputs.map(plainName);
  const twice = bare.find((name, i) => bare.indexOf(name) !== i);
  if (twice !== undefined) throw fail(`has two inputs ${shown(twice)}`, "Each input needs a name of its own.");
  const variadic = operator.inputs.findIndex((name) => name.endsWith("..."));
  if (variadic >= 0 && variadic < operator.inputs.length - 1)
    throw fail(`has inputs behind ${shown(operator.inputs[variadic])}`, "Inputs without end stand last.");
  const named: readonly (readonly [field: string, names: readonly string[] | undefined])[] =
    operator.kind === "linear"
      ? [["data", operator.data]]
      : operator.kind === "bilinear"
        ? [
            ["factors", operator.factors],
            ["additive", operator.additive],
          ]
        : [];
  const taken = Object.entries(operator.attributes ?? {}).flatMap(([name, { input }]) =>
    input === undefined ? [] : [input === true ? name : input],
  );
  for (const [field, names = []] of [...named, ["attributes", taken] as const]) {
    const unknown = names.find((name) => !bare.includes(plainName(name)));
    if (unknown !== undefined)
      throw fail(`names in ${field} the input ${shown(unknown)}, which it does not have`, hintOf(unknown, bare));
  }
}

function plainName(input: string): string {
  return input.replace(/(\?|\.\.\.)$/, "");
}

/** Throws `LIRPA_PLUGIN` that names the package, the perturbation and the field. */
export function checkPerturbation(plugin: string, perturbation: Perturbation): void {
  if (perturbation?.$$type !== "lirpa.perturbation")
    throw pluginError(plugin, "lists a perturbation that definePerturbation() did not make");
  const name = isText(perturbation.type) ? perturbation.type : "without a type";
  checkFields(failOf(plugin), `the perturbation ${name}`, perturbation, PERTURBATION);
}

/** A method of a plugin, or of the option `methods`. Throws what `fail` makes, naming the method and the field. */
export function checkMethod(method: Method, fail: Fail): void {
  if (method?.$$type !== "lirpa.method") {
    throw fail("lists a method that defineMethod() did not make", "Make it by defineMethod().");
  }
  const { name, aliases = [] } = method;
  checkFields(fail, `the method ${isText(name) ? name : "without a name"}`, method, METHOD);
  const names = [name, ...aliases];
  const twice = names.find((one, i) => names.indexOf(one) !== i);
  if (twice === undefined) return;
  throw fail(`the method ${name} has the name ${shown(twice)} twice`, "Its aliases are other names.");
}

/** Complaints about a plugin. */
export function failOf(plugin: string): Fail {
  return (problem, hint) => pluginError(plugin, problem, { hint });
}

/** Throws `LIRPA_PLUGIN` that names the package and the fusion. */
export function checkFusion(plugin: string, fusion: Fusion): void {
  if (fusion?.$$type !== "lirpa.fusion") throw pluginError(plugin, "lists a fusion that defineFusion() did not make");
  checkFields(failOf(plugin), `the fusion ${isText(fusion.name) ? fusion.name : "without a name"}`, fusion, FUSION);
  checkOperator(plugin, fusion.operator);
  if (!fitsInputs(fusion.operator.inputs, fusion.inputs.length)) {
    throw pluginError(
      plugin,
      `the fusion ${fusion.name} gives ${fusion.inputs.length} inputs to ${operatorKey(fusion.operator)}`,
      {
        hint: `It takes ${fusion.operator.inputs.join(", ")}.`,
      },
    );
  }
  if (fusion.operator.kind === "composite")
    throw pluginError(plugin, `the fusion ${fusion.name} ends in a composite`, {
      hint: "An operator of another kind takes the formula's place.",
    });
  for (const pattern of fusion.patterns) {
    const names = namesIn(pattern);
    const unknown = fusion.inputs.find((input) => !names.has(input));
    if (unknown !== undefined)
      throw pluginError(plugin, `the fusion ${fusion.name} takes ${unknown}, which a pattern of it does not name`);
  }
}

/** Names of methods stand in lists: on the command line, say. */
function isMethodName(value: unknown): boolean {
  return typeof value === "string" && /^[^\s,]+$/.test(value);
}

function isRecipe(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { rows, elements, intermediate } = value as Readonly<Record<string, unknown>>;
  if (!isFunction(rows) || !(elements === undefined || isFunction(elements))) return false;
  if (typeof intermediate !== "object" || intermediate === null) return false;
  const { bounds, reliesOn, needsRows } = intermediate as Readonly<Record<string, unknown>>;
  return isFunction(bounds) && isFunction(reliesOn) && (needsRows === undefined || isFunction(needsRows));
}

function isNodePattern(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { type, inputs } = value as { type?: unknown; inputs?: unknown };
  return (
    isText(type) &&
    Array.isArray(inputs) &&
    inputs.every((input) => isText(input) || typeof input === "number" || isNodePattern(input))
  );
}

function namesIn(pattern: Pattern): Set<string> {
  if (typeof pattern === "number") return new Set();
  return typeof pattern === "string"
    ? new Set([pattern])
    : new Set(pattern.inputs.flatMap((input) => [...namesIn(input)]));
}

function checkFields(fail: Fail, what: string, value: object, fields: Fields): void {
  for (const [field, { check, wants, required }] of Object.entries(fields)) {
    const given: unknown = (value as Record<string, unknown>)[field];
    if (given === undefined && required !== true) continue;
    if (given === undefined) throw fail(`${what} has no ${field}`, `Give ${wants}.`);
    if (!check(given)) throw fail(`${what} has ${shown(given)} as its ${field}`, `Give ${wants}.`);
  }
  const unknown = Object.keys(value).find((field) => !Object.hasOwn(fields, field));
  if (unknown === undefined) return;
  const hint = hintOf(unknown, Object.keys(fields).slice(1));
  throw fail(`${what} has a field ${JSON.stringify(unknown)}, which nobody reads`, hint);
}

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 60));
  if (typeof value === "function") return "a function";
  return typeof value === "object" && value !== null ? (Array.isArray(value) ? "a list" : "an object") : String(value);
}
