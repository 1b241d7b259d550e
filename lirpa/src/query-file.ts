import { hintOf, LirpaError, perturbed, type BoundInput, type BoundOptions, type Graph } from "@lirpa/core";
import type { PerturbationQuery } from "@lirpa/core/plugin";
import { fieldGivenTwice } from "./json-fields.js";

/** What a query file asks: inputs for `model.bounds`, and its options. */
export interface Query {
  readonly inputs: Readonly<Record<string, BoundInput>>;
  readonly options: BoundOptions;
  /** Shapes that stand beside weights, by name; `checkWeightShapes` compares them with the model's. */
  readonly weightShapes: ReadonlyMap<string, readonly number[]>;
}

/** What a query asks, and what a golden case says besides. */
const QUESTIONS = ["inputs", "weights", "spec", "output", "relaxation", "methodOptions"];
const ANSWERS = [
  "name",
  "group",
  "description",
  "model",
  "opset",
  "operators",
  "outputShape",
  "boundShape",
  "methods",
  "reference",
  "peer",
  "notes",
];

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads a query: `inputs[]` with name, center and perturbation (null: fixed), `weights[]`, `spec`, `output`,
 * `relaxation`, `methodOptions`. No field stands there twice. A golden case's answers may stand beside them. Throws
 * `LIRPA_QUERY`.
 */
export function readQuery(json: string): Query {
  const query = record(parse(json), "the query");
  refuseUnknown(query, [...QUESTIONS, ...ANSWERS], "the query");
  const inputs = list(query["inputs"] ?? [], "inputs");
  if (inputs.length === 0)
    throw wrong("the query has no inputs", 'Give "inputs": [{ "name", "center", "perturbation" }].');
  const entries = inputs.map((entry, i) => readInput(record(entry, `inputs[${i}]`), i));
  refuseTwice(entries, "input");
  const weights = (query["weights"] === undefined ? [] : list(query["weights"], "weights")).map((entry, i) =>
    readWeight(record(entry, `weights[${i}]`), i),
  );
  refuseTwice(weights, "weight");
  return {
    inputs: Object.fromEntries(entries),
    weightShapes: new Map(weights.flatMap(([name, , shape]) => (shape === undefined ? [] : [[name, shape]]))),
    options: {
      ...(query["spec"] !== undefined && query["spec"] !== null && { spec: readSpec(list(query["spec"], "spec")) }),
      ...(query["output"] !== undefined && { output: text(query["output"], "output") }),
      ...(weights.length > 0 && { weights: Object.fromEntries(weights.map(([name, set]) => [name, set])) }),
      ...(query["methodOptions"] !== undefined && { methodOptions: record(query["methodOptions"], "methodOptions") }),
      ...(query["relaxation"] !== undefined && {
        relaxation: readRelaxation(record(query["relaxation"], "relaxation")),
      }),
    },
  };
}

function parse(text: string): unknown {
  if (text.trim() === "")
    throw wrong("the query is empty", 'Give { "inputs": [{ "name", "center", "perturbation" }] }.');
  let query: unknown;
  try {
    query = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new LirpaError("LIRPA_QUERY", `the query is no JSON: ${(cause as Error).message}`, {
      cause,
      hint: "NaN and Infinity are no JSON, nor are comments.",
    });
  }
  const twice = fieldGivenTwice(text);
  if (twice !== undefined) throw wrong(`the query gives ${twice} twice`, "JSON keeps the last of two; say it once.");
  return query;
}

function readInput(entry: Json, i: number): [string, BoundInput] {
  refuseUnknown(entry, ["name", "shape", "center", "perturbation"], `inputs[${i}]`);
  const name = text(entry["name"], `inputs[${i}].name`);
  const center = numbers(entry["center"], `the center of input ${name}`);
  if (entry["shape"] !== undefined) checkShape(entry["shape"], center.length, `inputs[${i}].shape`);
  const set = entry["perturbation"];
  return [
    name,
    set === undefined || set === null ? center : perturbed(center, readSet(set, `the perturbation of input ${name}`)),
  ];
}

function readWeight(entry: Json, i: number): [string, PerturbationQuery, readonly number[] | undefined] {
  refuseUnknown(entry, ["name", "shape", "perturbation"], `weights[${i}]`);
  const name = text(entry["name"], `weights[${i}].name`);
  const shape = entry["shape"] === undefined ? undefined : checkShape(entry["shape"], undefined, `weights[${i}].shape`);
  return [name, readSet(entry["perturbation"], `the perturbation of weight ${name}`), shape];
}

/** A shape is for people to read; one that does not fit its numbers would mislead them. */
function checkShape(value: unknown, count: number | undefined, what: string): readonly number[] {
  const sizes = list(value, what);
  if (!sizes.every((size) => Number.isInteger(size) && (size as number) >= 0))
    throw wrong(`${what} is no list of whole numbers`);
  const product = (sizes as number[]).reduce((a, b) => a * b, 1);
  if (count !== undefined && product !== count)
    throw wrong(`${what} has ${product} elements, and the center has ${count}`);
  return sizes as number[];
}

/** Throws `LIRPA_QUERY` where a shape beside a weight is not that of the model's parameter. */
export function checkWeightShapes({ weightShapes }: Query, { initializers }: Graph): void {
  for (const [name, shape] of weightShapes) {
    const own = initializers.get(name)?.shape;
    if (own === undefined || (own.length === shape.length && own.every((size, axis) => size === shape[axis]))) continue;
    throw wrong(`the shape of weight ${name} is [${shape.join(", ")}], and the model's is [${own.join(", ")}]`);
  }
}

function readSet(value: unknown, what: string): PerturbationQuery {
  const set = record(value, what);
  text(set["type"], `the type of ${what}`);
  return set as PerturbationQuery;
}

/** A matrix for all, or one for each row of the batch. */
function readSpec(spec: readonly unknown[]): NonNullable<BoundOptions["spec"]> {
  const matrix = (rows: readonly unknown[], what: string): number[][] =>
    rows.map((row, i) => numbers(row, `${what}[${i}]`));
  const isMatrix = (part: unknown): boolean => Array.isArray(part) && part.length > 0 && part.every(Array.isArray);
  if (!spec.some(isMatrix)) return matrix(spec, "spec");
  return spec.map((part, i) => matrix(list(part, `spec[${i}]`), `spec[${i}]`));
}

function readRelaxation(value: Json): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(value).map(([type, name]) => [type, text(name, `relaxation.${type}`)]));
}

/** A misspelt perturbation would be none at all. */
function refuseUnknown(entry: Json, fields: readonly string[], what: string): void {
  const unknown = Object.keys(entry).find((field) => !fields.includes(field));
  if (unknown !== undefined)
    throw wrong(`${what} has an unknown field ${JSON.stringify(unknown)}`, hintOf(unknown, fields));
}

function refuseTwice(entries: readonly (readonly [string, ...unknown[]])[], what: string): void {
  const names = entries.map(([name]) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw wrong(`the ${what} ${twice} is given twice`);
}

function record(value: unknown, what: string): Json {
  if (value === undefined) throw wrong(`${what} is missing`);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(`${what} is not an object`);
  return value as Json;
}

function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(value === undefined ? `${what} is missing` : `${what} is not a list`);
  return value;
}

function text(value: unknown, what: string): string {
  if (typeof value !== "string" || value === "")
    throw wrong(value === undefined ? `${what} is missing` : `${what} is not a name`);
  return value;
}

/** No tensor has more axes. */
const DEEPEST = 64;
const NESTING = "Give the numbers flat, or nested as the shape is.";

/** Numbers, flat or nested; JSON has no NaN, so null or a string in their place is refused here. */
function numbers(value: unknown, what: string): number[] {
  let flat: readonly unknown[] = list(value, what);
  for (let depth = 0; flat.some(Array.isArray); depth++) {
    if (depth === DEEPEST) throw wrong(`${what} is nested deeper than ${DEEPEST} lists`, NESTING);
    const first = (flat.find(Array.isArray) as unknown[]).length;
    if (!flat.every((part) => Array.isArray(part) && part.length === first))
      throw wrong(`${what} is nested unevenly`, NESTING);
    flat = flat.flat();
  }
  const bad = flat.findIndex((entry) => typeof entry !== "number" || !Number.isFinite(Math.fround(entry)));
  if (bad >= 0)
    throw wrong(
      `${what} is ${shown(flat[bad])} at position ${bad}`,
      "Every entry must be a number that a 32-bit float can hold: finite, and at most 3.4e38.",
    );
  return flat as number[];
}

function shown(value: unknown): string {
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : String(value);
}

function wrong(message: string, hint?: string): LirpaError {
  return new LirpaError("LIRPA_QUERY", message, hint === undefined ? {} : { hint });
}
