import { copied } from "./graph/copy.js";
import { LirpaError } from "./plugin/errors.js";
import type { PerturbationQuery, PerturbationSet, PerturbationSite } from "./plugin/perturbation.js";
import type { HostTensor } from "./plugin/tensor.js";
import type { PluginRegistry } from "./registry/plugin-registry.js";
import type { Perturbation } from "./plugin/perturbation.js";
import { showShape, sizeOf } from "./tensor/shapes.js";

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

export const SINGLE_HINT = "Every number must be finite, and no greater than 3.4e38: programs compute in 32-bit floats.";

/** Numbers of an input, copied and checked: right length, and what its type can hold. */
export function checkedNumbers(name: string, numbers: Numbers, { shape: expected, dtype }: Typed, instances: number): HostTensor["data"] {
  const wanted = sizeOf(expected) * instances;
  if (numbers.length !== wanted) {
    throw queryError(`${name} has ${numbers.length} numbers, but its shape ${showShape(expected)} takes ${sizeOf(expected)}`, "Give them flat, in row-major order.");
  }
  // Copied first: what is checked is what will be fed.
  const data =
    numbers instanceof Float32Array ? new Float32Array(numbers)
    : numbers instanceof Float64Array ? new Float64Array(numbers)
    : Float64Array.from(numbers);
  const { holds, hint } = HELD[dtype];
  for (let i = 0; i < data.length; i++) {
    if (!holds(data[i]!)) throw queryError(`${name} is ${data[i]} at position ${i}`, hint);
  }
  return data;
}

type Typed = Pick<HostTensor, "shape" | "dtype">;

const HELD: Readonly<Record<HostTensor["dtype"], { holds(value: number): boolean; readonly hint: string }>> = {
  float: { holds: isSingle, hint: SINGLE_HINT },
  int: { holds: Number.isSafeInteger, hint: "The input holds integers: every number must be a whole one, within ±(2^53 − 1)." },
  bool: { holds: (value) => value === 0 || value === 1, hint: "The input holds truth values: every number must be 0 or 1." },
};

/** A set that was parsed and is ready to feed; it shares nothing with the query. */
export interface ParsedSet extends PerturbationSet<unknown> {
  readonly perturbation: Perturbation;
}

function copiedValues(values: PerturbationSet<unknown>["values"]): PerturbationSet<unknown>["values"] {
  return Object.fromEntries(Object.entries(values).map(([key, part]) => [key, { ...part, data: part.data.slice() }]));
}

/** Asks the plugin that owns the query's type to parse it. */
export function parseSet(registry: PluginRegistry, query: PerturbationQuery, site: PerturbationSite): ParsedSet {
  if (typeof query !== "object" || query === null || typeof query.type !== "string") {
    throw queryError(`the perturbation of ${site.name} has no type`, 'Give an object such as { "type": "linf", "eps": 0.1 }.');
  }
  const { value: perturbation } = registry.perturbation(query.type);
  const { structure, values } = perturbation.parse(query, site);
  return { perturbation, structure: copied(structure), values: copiedValues(values) };
}
