import {
  hintOf,
  perturbationError,
  type HostTensor,
  type LirpaError,
  type PerturbationQuery,
  type SetSite,
  type Shape,
} from "@lirpa/core/plugin";

/** An error that says which perturbation of which input or weight it is about. */
export function refusal(query: PerturbationQuery, site: SetSite, problem: string, hint: string): LirpaError {
  return perturbationError(`${query.type} of ${site.role} "${site.name}": ${problem}`, {
    hint,
    details: { type: query.type, name: site.name, role: site.role, shape: site.shape },
  });
}

/** Refuses fields that the type does not have: a misspelt one would silently change the set. */
export function refuseUnknown(query: PerturbationQuery, site: SetSite, known: readonly string[]): void {
  const unknown = Object.keys(query).filter(
    (field) => field !== "type" && !known.includes(field) && query[field] !== undefined,
  );
  if (unknown.length === 0) return;
  const names = unknown.map((field) => `"${field}"`).join(", ");
  throw refusal(query, site, `unknown field ${names}`, hintOf(unknown[0]!, ["type", ...known]));
}

/** A field with one finite number per element of the site, flat or nested as the shape is. */
export function readTensor(query: PerturbationQuery, site: SetSite, field: string): HostTensor {
  const nesting = `flat or nested like the shape [${site.shape.join(", ")}]`;
  const hint = `Give one finite number per element, no greater than 3.4e38: ${count(site.shape)} of them, ${nesting}.`;
  const data = new Float64Array(flatten(query[field], site.shape));
  const bad = data.findIndex((value) => !isSingle(value));
  if (bad >= 0) throw refusal(query, site, `"${field}" is ${data[bad]} at ${place(bad, site.shape)}`, hint);
  return { shape: site.shape, dtype: "float", data };

  // No deeper than the shape: what is nested further has no numbers where they are expected.
  function flatten(value: unknown, shape: Shape): number[] {
    const items = list(value);
    if (items === undefined) {
      throw refusal(query, site, value === undefined ? `"${field}" is missing` : `"${field}" is no array`, hint);
    }
    const nested = shape.length > 0 && items.some((item) => list(item) !== undefined);
    const expected = nested ? (shape[0] ?? 0) : count(shape);
    if (items.length !== expected) {
      throw refusal(
        query,
        site,
        `"${field}" has ${items.length} ${nested ? "parts" : "numbers"} where ${expected} are expected`,
        hint,
      );
    }
    if (nested) return items.flatMap((item) => flatten(item, shape.slice(1)));
    const stranger = items.find((item) => typeof item !== "number");
    if (stranger !== undefined) throw refusal(query, site, `"${field}" holds ${shown(stranger)}`, hint);
    return items as number[];
  }
}

/** True for a number that a 32-bit float can be near: programs compute in these. */
export function isSingle(value: number): boolean {
  return Number.isFinite(Math.fround(value));
}

/** A value that is not what it should be, in a few letters. */
export function shown(value: unknown): string {
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  return typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : String(value);
}

/** The elements of an array or a typed array; undefined for anything else. */
export function list(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  return value instanceof Float32Array || value instanceof Float64Array ? Array.from(value) : undefined;
}

export function count(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Where the element of a flat index stands, as `[row, column]`. */
export function place(flat: number, shape: Shape): string {
  const indices: number[] = [];
  let rest = flat;
  for (const size of [...shape].reverse()) {
    indices.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return `[${indices.join(", ")}]`;
}
