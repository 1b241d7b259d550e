import type { Answer } from "./answer.js";

/** One object, or an array of them for several methods, on one line. */
export function toJson(answers: readonly Answer[]): string {
  const objects = answers.map(objectOf);
  return objects.length === 1 ? objects[0]! : `[${objects.join(",\n")}]`;
}

function objectOf(answer: Answer): string {
  const fields = Object.entries(answer).flatMap(([name, value]: [string, unknown]) => {
    if (value === undefined || (Array.isArray(value) && value.length === 0)) return [];
    return [`${JSON.stringify(name)}:${isNumbers(value) ? numbers(value) : JSON.stringify(value)}`];
  });
  return `{${fields.join(",")}}`;
}

function isNumbers(value: unknown): value is ArrayLike<number> {
  return value instanceof Float32Array || value instanceof Float64Array;
}

/**
 * JSON.stringify would write null for an infinite bound, which compares as 0. The number 1e999 is JSON, is above every
 * double and is read as infinity.
 */
function numbers(values: ArrayLike<number>): string {
  const infinite = (value: number): string => (value > 0 ? "1e999" : "-1e999");
  const written = Array.from(values, (value) => (Number.isFinite(value) ? JSON.stringify(value) : infinite(value)));
  return `[${written.join(",")}]`;
}
