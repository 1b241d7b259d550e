import type { HostTensor, Shape } from "@lirpa/core/plugin";
import { LawBroken } from "../settings.js";

export type Numbers = ArrayLike<number>;

export function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** A tensor of given numbers. */
export function tensor(shape: Shape, data: Iterable<number>, dtype: HostTensor["dtype"] = "float"): HostTensor {
  return { shape, dtype, data: Float64Array.from(data) };
}

/** Consecutive parts of equal length. */
export function chunks(data: Numbers, count: number): number[][] {
  const all = Array.from(data);
  const size = all.length / count;
  return Array.from({ length: count }, (_, i) => all.slice(i * size, (i + 1) * size));
}

/** What is judged, for messages: words, or how to make them where they are needed. */
export type What = string | (() => string);

function words(what: What): string {
  return typeof what === "string" ? what : what();
}

/** What may be lost in rounding, relative to the numbers at hand. */
export function slackOf(tolerance: number, ...lists: readonly Numbers[]): number {
  let most = 1;
  for (const list of lists) for (let i = 0; i < list.length; i++) most = Math.max(most, Math.abs(list[i]!));
  return tolerance * most;
}

/** Refuses a value outside its bounds. */
export function demandInside(what: What, lower: Numbers, values: Numbers, upper: Numbers, tolerance: number): void {
  const slack = slackOf(tolerance, values);
  for (let i = 0; i < values.length; i++) {
    if (!(lower[i]! <= values[i]! + slack))
      throw new LawBroken(`${words(what)}: element ${i} is ${values[i]}, below its lower bound ${lower[i]}`);
    if (!(upper[i]! >= values[i]! - slack))
      throw new LawBroken(`${words(what)}: element ${i} is ${values[i]}, above its upper bound ${upper[i]}`);
  }
}

/** Refuses numbers that differ. */
export function demandEqual(what: What, actual: Numbers, expected: Numbers, tolerance: number): void {
  if (actual.length !== expected.length)
    throw new LawBroken(`${words(what)}: ${actual.length} numbers instead of ${expected.length}`);
  const slack = slackOf(tolerance, expected);
  for (let i = 0; i < expected.length; i++) {
    if (!(Math.abs(actual[i]! - expected[i]!) <= slack) && !Object.is(actual[i], expected[i])) {
      throw new LawBroken(`${words(what)}: element ${i} is ${actual[i]} instead of ${expected[i]}`);
    }
  }
}

export function demandFinite(what: What, values: Numbers): void {
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i])) throw new LawBroken(`${words(what)}: element ${i} is ${values[i]}`);
}

/** Whether numbers agree, relative to 1 + those that are wanted. */
export function isNear(got: Numbers, wanted: Numbers, tolerance = 1e-9): boolean {
  return (
    got.length === wanted.length &&
    Array.from(got).every((x, i) => Math.abs(x - wanted[i]!) <= tolerance * (1 + Math.abs(wanted[i]!)))
  );
}

/** Numbers for messages. */
export function show(values: Numbers): string {
  const list = Array.from(values, (value) => String(Number(value.toPrecision(8))));
  return `[${list.length > 12 ? [...list.slice(0, 12), `… ${list.length - 12} more`].join(", ") : list.join(", ")}]`;
}

export function dot(a: Numbers, b: Numbers): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
