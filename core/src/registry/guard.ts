import { isLirpaError, pluginError, type ErrorCode, type LirpaError } from "../plugin/errors.js";
import { operatorKey, type Operator } from "../plugin/operator.js";
import type { Perturbation } from "../plugin/perturbation.js";
import { isIrNode } from "../tensor/ir.js";
import { isOutOfMemory, outOfMemory } from "../tensor/extent.js";

// Functions of plugins as core calls them: whatever one throws or returns that it must not is an error that names the
// package, the operator and the node. One wrapper for each function, made once, when plugins are put together.

export type Rule = (...args: never[]) => unknown;
/** What is wrong with a result, in words that follow "returned"; undefined where it is right. */
export type Check = (result: unknown, args: readonly unknown[]) => string | undefined;

const isTensor = (value: unknown): boolean => isIrNode(value);
const isTensorLike = (value: unknown): boolean =>
  isIrNode(value) || (typeof value === "number" && !Number.isNaN(value));
const isPair = (value: unknown, part: (end: unknown) => boolean): boolean =>
  isObject(value) && part(value["lower"]) && part(value["upper"]);
const isInterval = (value: unknown): boolean => isPair(value, isTensor);
const isLine = (value: unknown): boolean =>
  isObject(value) && isTensorLike(value["slope"]) && isTensorLike(value["intercept"]);
const isListOf = (value: unknown, part: (one: unknown) => boolean): boolean =>
  Array.isArray(value) && value.length > 0 && value.every(part);

export const demand =
  (holds: (result: unknown) => boolean, wants: string): Check =>
  (result) =>
    holds(result) ? undefined : `${described(result)} where ${wants} is wanted`;

const tensor = demand(isTensor, "a tensor");
const tensors = demand((result) => isTensor(result) || isListOf(result, isTensor), "a tensor, or a list of them,");
export const interval: Check = demand(isInterval, "an interval { lower, upper } of tensors");
const intervals = demand(
  (result) => isInterval(result) || isListOf(result, isInterval),
  "an interval { lower, upper } of tensors, or a list of them,",
);
const linesAnyShape = demand(
  (result) => isPair(result, isLine),
  "two lines { lower, upper }, each with slope and intercept,",
);
/** An elementwise rule is about the elements of its interval, the second argument. */
const shapeAsked = (args: readonly unknown[]): readonly number[] =>
  (args[1] as { lower: { shape: readonly number[] } }).lower.shape;
const wrongShape = (
  parts: readonly unknown[],
  args: readonly unknown[],
  fits: (shape: readonly number[], asked: readonly number[]) => boolean,
): string | undefined => {
  const asked = shapeAsked(args);
  const wrong = parts.filter(isIrNode).find(({ shape }) => !fits(shape, asked));
  return wrong === undefined
    ? undefined
    : `a tensor of shape [${wrong.shape.join(", ")}] for elements of shape [${asked.join(", ")}]`;
};
const broadcasts = (shape: readonly number[], to: readonly number[]): boolean =>
  shape.length <= to.length && shape.every((size, i) => size === 1 || size === to[to.length - shape.length + i]);
const isSame = (shape: readonly number[], to: readonly number[]): boolean =>
  shape.length === to.length && shape.every((size, i) => size === to[i]);
const range: Check = (result, args) =>
  interval(result, args) ?? wrongShape(Object.values(result as object), args, isSame);
const lines: Check = (result, args) =>
  linesAnyShape(result, args) ??
  wrongShape(
    Object.values(result as object).flatMap((line) => Object.values(line as object)),
    args,
    broadcasts,
  );
const stable: Check = (result, args) => tensor(result, args) ?? wrongShape([result], args, broadcasts);
const coefficients = (value: unknown): boolean => value === undefined || isInterval(value);
const step = demand(
  (result) =>
    isObject(result) &&
    Array.isArray(result["inputs"]) &&
    result["inputs"].every(coefficients) &&
    isInterval(result["bias"]),
  "{ inputs, bias }, coefficients of each input and two constants,",
);
const terms = demand(
  (result) =>
    isObject(result) && isTensor(result["left"]) && isTensor(result["right"]) && typeof result["sum"] === "function",
  "{ left, right, sum }",
);
export const anything: Check = (result) => (isPromise(result) ? "a promise" : undefined);
const subgraph = demand((result) => result === undefined || isSubgraph(result), "a subgraph { nodes }, or nothing,");

const OPERATOR: Readonly<Record<string, Check>> = {
  derive: anything,
  expand: subgraph,
  forward: tensors,
  magnitude: tensors,
  range,
  relax: lines,
  stable,
  defined: stable,
  terms,
  interval: intervals,
  backward: step,
};

/** The operator with its functions guarded. Throws, when they are called, `LIRPA_PLUGIN`, or what they may throw. */
export function guardOperator(plugin: string, operator: Operator): Operator {
  const what = (name: string): string => `${name} of ${operatorKey(operator)}`;
  const guarded: Record<string, unknown> = { ...operator };
  for (const [name, check] of Object.entries(OPERATOR)) {
    const own: unknown = guarded[name];
    if (typeof own === "function")
      guarded[name] = guardRule(plugin, what(name), operator, own as Rule, check, MODEL_IS_WRONG.includes(name));
  }
  if (operator.kind === "elementwise" && typeof operator.relax === "object") {
    const rules = Object.entries(operator.relax.lines).map(([name, rule]) => [
      name,
      guardRule(plugin, what(`the lines ${JSON.stringify(name)} in relax`), operator, rule as Rule, lines, false),
    ]);
    guarded["relax"] = Object.freeze({ ...operator.relax, lines: Object.freeze(Object.fromEntries(rules)) });
  }
  return Object.freeze(guarded) as unknown as Operator;
}

export const values = (result: unknown): boolean => isObject(result) && Object.values(result).every(isHostTensor);
const PERTURBATION: Readonly<Record<string, Check>> = {
  parse: demand(
    (result) => isObject(result) && "structure" in result && values(result["values"]),
    "{ structure, values }, where values are arrays with shape and dtype,",
  ),
  isBox: demand((result) => typeof result === "boolean", "true or false"),
  hull: interval,
  concretize: tensor,
  concretizeRange: tensor,
  project: tensor,
  sample: demand(isHostTensor, "an array with shape and dtype"),
};

/** The perturbation with its functions guarded. */
export function guardPerturbation(plugin: string, perturbation: Perturbation): Perturbation {
  const guarded: Record<string, unknown> = { ...perturbation };
  for (const [name, check] of Object.entries(PERTURBATION)) {
    const own: unknown = guarded[name];
    if (typeof own !== "function") continue;
    guarded[name] = guardRule(
      plugin,
      `${name} of the perturbation ${perturbation.type}`,
      perturbation,
      own as Rule,
      check,
      name === "parse",
    );
  }
  return Object.freeze(guarded) as unknown as Perturbation;
}

/** Functions that look at the model or the query first, and so may blame these. */
const MODEL_IS_WRONG: readonly string[] = ["derive", "expand", "forward"];
/** What any rule may say of a model: it is legal, and not covered. */
const NOT_COVERED: readonly ErrorCode[] = [
  "LIRPA_UNSUPPORTED_ATTRIBUTE",
  "LIRPA_UNSUPPORTED_OPERATOR",
  "LIRPA_MEMORY",
  "LIRPA_ATTRIBUTE",
];

export function guardRule(
  plugin: string,
  what: string,
  owner: unknown,
  rule: Rule,
  check: Check,
  mayBlame: boolean,
): Rule {
  return (...args) => {
    let result: unknown;
    try {
      result = rule.call(owner as never, ...args);
    } catch (error) {
      throw blamed(plugin, what, error, mayBlame, where(args));
    }
    const wrong = check(result, args);
    // A promise that nobody waits for must not end the process as well.
    if (isPromise(result)) result.catch(() => undefined);
    if (wrong !== undefined) throw failure(plugin, `${what} returned ${wrong}${where(args)}`);
    return result;
  };
}

/** What a function threw, as an error of its plugin, or as it is where it may say so. */
export function blamed(plugin: string, what: string, error: unknown, mayBlame: boolean, place = ""): LirpaError {
  if (isLirpaError(error) && (mayBlame || NOT_COVERED.includes(error.code))) return error;
  if (isOutOfMemory(error)) return outOfMemory(`${what} makes more than memory holds${place}`, error);
  const said = error instanceof Error ? (isLirpaError(error) ? error.problem : error.message) : String(error);
  return failure(plugin, `${what} failed${place}: ${said}`, error);
}

export function failure(plugin: string, problem: string, cause?: unknown): LirpaError {
  const hint = "This is a defect of the plugin.";
  return pluginError(plugin, problem, { ...(cause !== undefined && { cause }), hint });
}

/** The node or the input that the call was about, as its context says. */
function where(args: readonly unknown[]): string {
  for (const arg of args) {
    const { node, name, role } = (isObject(arg) ? arg : {}) as { node?: unknown; name?: unknown; role?: unknown };
    if (typeof node === "string") return ` at node ${node}`;
    if (typeof name === "string" && typeof role === "string") return ` for the ${role} ${name}`;
  }
  return "";
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

export function isPromise(value: unknown): value is Promise<unknown> {
  return isObject(value) && typeof value["then"] === "function" && typeof value["catch"] === "function";
}

export function isHostTensor(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { shape, dtype, data } = value as { shape?: unknown; dtype?: unknown; data?: { length?: unknown } };
  if (!Array.isArray(shape) || !["float", "int", "bool"].includes(String(dtype))) return false;
  if (!shape.every((size) => Number.isInteger(size) && (size as number) >= 0)) return false;
  return (
    (ArrayBuffer.isView(data) || Array.isArray(data)) && data.length === (shape as number[]).reduce((a, b) => a * b, 1)
  );
}

function isSubgraph(value: unknown): boolean {
  if (!isObject(value) || !Array.isArray(value["nodes"])) return false;
  const { constants } = value;
  const isNode = (node: unknown): boolean =>
    isObject(node) &&
    typeof node["name"] === "string" &&
    typeof node["type"] === "string" &&
    [node["inputs"], node["outputs"]].every(
      (names) => Array.isArray(names) && names.every((name) => typeof name === "string"),
    );
  return value["nodes"].length > 0 && value["nodes"].every(isNode) && (constants === undefined || values(constants));
}

export function described(value: unknown): string {
  if (isPromise(value)) return "a promise";
  if (isIrNode(value)) return "a tensor";
  if (Array.isArray(value)) return "a list";
  if (isObject(value)) {
    const fields = Object.keys(value);
    return fields.length === 0 ? "an empty object" : `an object with ${fields.slice(0, 6).join(", ")}`;
  }
  return typeof value === "function"
    ? "a function"
    : typeof value === "string"
      ? JSON.stringify(value.slice(0, 40))
      : String(value);
}
