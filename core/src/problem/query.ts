import { copied } from "../graph/copy.js";
import { LirpaError } from "../plugin/errors.js";
import { hintOf } from "../plugin/options.js";
import type { PerturbationQuery, PerturbationSet, SetSite } from "../plugin/perturbation.js";
import type { HostTensor } from "../plugin/tensor.js";
import type { PluginRegistry } from "../registry/plugin-registry.js";
import type { Perturbation } from "../plugin/perturbation.js";
import { showShape, sizeOf } from "../tensor/shapes.js";

/** Numbers in row-major order. */
export type Numbers = ArrayLike<number>;

/** An input that moves in a set around a center. Made by `perturbed()`. */
export interface Perturbed {
  readonly $$type: "lirpa.perturbed";
  readonly center: Numbers;
  readonly set: PerturbationQuery;
}

/** An input of a bound computation: a center with a set around it, or fixed numbers. */
export type BoundInput = Perturbed | Numbers;

/** Puts a set, such as `lp({ norm: Infinity, eps: 0.1 })`, around a center. */
export function perturbed(center: Numbers, set: PerturbationQuery): Perturbed {
  return Object.freeze({ $$type: "lirpa.perturbed", center, set });
}

export function isPerturbed(input: BoundInput): input is Perturbed {
  return (input as { $$type?: unknown }).$$type === "lirpa.perturbed";
}

export function queryError(message: string, hint?: string): LirpaError {
  return new LirpaError("LIRPA_QUERY", message, hint === undefined ? {} : { hint });
}

/** The least number that is rounded to infinity in 32 bits. */
const BEYOND = 2 ** 128 - 2 ** 103;

/** True for a number that a 32-bit float can be near: finite, and not beyond the greatest one. */
export function isSingle(value: number): boolean {
  return value > -BEYOND && value < BEYOND;
}

export const SINGLE_HINT =
  "Every number must be finite, and no greater than 3.4e38: programs compute in 32-bit floats.";

/** Numbers of an input, copied and checked: right length, and what its type can hold. */
export function checkedNumbers(
  name: string,
  numbers: Numbers,
  { shape: expected, dtype }: Typed,
  instances: number,
): HostTensor["data"] {
  const wanted = sizeOf(expected) * instances;
  if (numbers.length !== wanted) {
    throw queryError(
      `${name} has ${numbers.length} numbers, but its shape ${showShape(expected)} takes ${sizeOf(expected)}`,
      "Give them flat, in row-major order.",
    );
  }
  // Copied first: what is checked is what will be fed.
  const data = copyOfNumbers(name, numbers);
  if (dtype === "float") {
    demandSingle(name, data);
    return data;
  }
  const { holds, hint } = HELD[dtype];
  for (let i = 0; i < data.length; i++) {
    if (!holds(data[i]!)) throw queryError(`${name} is ${data[i]} at position ${i}`, hint);
  }
  return data;
}

/**
 * Throws `LIRPA_QUERY` for a number that 32-bit floats do not hold. It stands before every run: a call for each would
 * be felt.
 */
export function demandSingle(name: string, data: HostTensor["data"]): void {
  for (let i = 0; i < data.length; i++) {
    if (!(data[i]! > -BEYOND && data[i]! < BEYOND))
      throw queryError(`${name} is ${data[i]} at position ${i}`, SINGLE_HINT);
  }
}

/** Other things than numbers would be turned into some: null into 0, "1" into 1. */
function copyOfNumbers(name: string, numbers: Numbers): Float32Array | Float64Array {
  if (numbers instanceof Float32Array) return new Float32Array(numbers);
  if (numbers instanceof Float64Array) return new Float64Array(numbers);
  demandNumbers(name, numbers);
  return Float64Array.from(numbers);
}

/** Throws `LIRPA_QUERY` for an entry that is no number. */
export function demandNumbers(name: string, numbers: Numbers): void {
  for (let i = 0; i < numbers.length; i++) {
    const entry: unknown = numbers[i];
    if (typeof entry !== "number")
      throw queryError(`${name} is ${shown(entry)} at position ${i}`, "Every entry must be a number.");
  }
}

/** A value that is not what it should be, in a few letters. */
function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  if (typeof value === "bigint") return `the BigInt ${value}`;
  return Array.isArray(value) ? "a list" : typeof value === "object" && value !== null ? "an object" : String(value);
}

/** The numbers of an input, with or without a set around them. Throws `LIRPA_QUERY` for anything else. */
export function numbersOf(name: string, input: BoundInput | undefined): Numbers {
  if (typeof input !== "object" || input === null) throw queryError(`the input ${name} is no list of numbers`);
  if (!isPerturbed(input)) return demandList(`the input ${name}`, input);
  const unknown = Object.keys(input).find((field) => !["$$type", "center", "set"].includes(field));
  if (unknown !== undefined) {
    throw queryError(
      `the input ${name} has an unknown field ${JSON.stringify(unknown)}`,
      hintOf(unknown, ["center", "set"]),
    );
  }
  return demandList(`the center of input ${name}`, input.center);
}

/** Throws `LIRPA_QUERY` for what has no length. */
export function demandList(name: string, numbers: Numbers): Numbers {
  if (typeof numbers !== "object" || typeof numbers?.length !== "number")
    throw queryError(`${name} is no list of numbers`);
  return numbers;
}

/** Throws `LIRPA_QUERY` for what is no object with names for keys. */
export function demandRecord(what: string, record: unknown): void {
  if (typeof record === "object" && record !== null && !Array.isArray(record)) return;
  throw queryError(`${what} is no object`, `Give ${what} by name: { name: … }.`);
}

type Typed = Pick<HostTensor, "shape" | "dtype">;

const HELD: Readonly<Record<"int" | "bool", { holds(value: number): boolean; readonly hint: string }>> = {
  int: {
    holds: Number.isSafeInteger,
    hint: "The input holds integers: every number must be a whole one, within ±(2^53 − 1).",
  },
  bool: {
    holds: (value) => value === 0 || value === 1,
    hint: "The input holds truth values: every number must be 0 or 1.",
  },
};

/** A set that was parsed and is ready to feed; it shares nothing with the query. */
export interface ParsedSet extends PerturbationSet<unknown> {
  readonly perturbation: Perturbation;
}

function copiedValues(values: PerturbationSet<unknown>["values"]): PerturbationSet<unknown>["values"] {
  return Object.fromEntries(Object.entries(values).map(([key, part]) => [key, { ...part, data: part.data.slice() }]));
}

/** Asks the plugin that owns the query's type to parse it. */
export function parseSet(registry: PluginRegistry, query: PerturbationQuery, site: SetSite): ParsedSet {
  if (typeof query !== "object" || query === null || typeof query.type !== "string") {
    throw queryError(
      `the perturbation of ${site.name} has no type`,
      'Give an object such as { "type": "linf", "eps": 0.1 }.',
    );
  }
  const { value: perturbation } = registry.perturbation(query.type);
  const { structure, values } = perturbation.parse(query, site);
  return { perturbation, structure: copied(structure), values: copiedValues(values) };
}
