import type { Answer } from "./answer.js";

/** One object, or an array of them for several methods, on one line. */
export function toJson(answers: readonly Answer[]): string {
  const objects = answers.map(objectOf);
  return objects.length === 1 ? objects[0]! : `[${objects.join(",\n")}]`;
}

function objectOf(answer: Answer): string {
  const fields = Object.entries(answer).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0));
  return `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${isNumbers(value) ? numbers(value) : JSON.stringify(value)}`).join(",")}}`;
}

function isNumbers(value: unknown): value is ArrayLike<number> {
  return value instanceof Float32Array || value instanceof Float64Array;
}

/**
 * JSON.stringify would write null for an infinite bound, which compares as 0. The number 1e999 is JSON, is above every
 * double and is read as infinity.
 */
function numbers(values: ArrayLike<number>): string {
  return `[${Array.from(values, (value) => (Number.isFinite(value) ? JSON.stringify(value) : value > 0 ? "1e999" : "-1e999")).join(",")}]`;
}
