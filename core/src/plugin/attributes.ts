import type { HostTensor } from "./tensor.js";

/** An attribute of an ONNX node as the importer delivers it. Int64 values are numbers. */
export type AttributeValue = number | string | readonly number[] | readonly string[] | HostTensor;
/**
 * ONNX's type of an attribute, which its value does not say: 1 may be an INT or a FLOAT. `TENSOR INT32` is a tensor
 * whose elements are not of the type that its dtype stands for.
 */
export type AttributeType = "FLOAT" | "INT" | "STRING" | "FLOATS" | "INTS" | "STRINGS" | "TENSOR" | `TENSOR ${string}`;

/** The attributes of a node, by name. */
export type RawAttributes = Readonly<Record<string, AttributeValue>>;

/**
 * An attribute as an operator declares it: what it may be, what stands for it where a node does not say it, and whether
 * it may come as a constant input instead. Core reads it before any rule runs, and refuses what is none.
 */
export interface Attribute<T> {
  readonly $$type: "lirpa.attribute";
  /** Of which type it is in an ONNX file. */
  readonly type: AttributeType;
  /** What it must be, in words for messages: "an integer". */
  readonly wants: string;
  /** What rules get where the node does not say it; a node has to say it where this is absent. */
  readonly fallback?: { readonly value: T };
  /** Legal values that rules cover; all of them where absent. */
  readonly supported?: readonly T[];
  /** The name of the input that may hold it; `true` is the input of the attribute's own name. */
  readonly input?: string | true;
  /** True where no attribute holds it in any opset, but the input alone. */
  readonly onlyInput?: boolean;
  /** The value that rules get, undefined where it is not what it must be. */
  parse(value: AttributeValue): T | undefined;

  /** The same, undefined where the node does not say it. */
  optional(): Attribute<T | undefined>;
  /** The same, whose numbers are no less than this. */
  atLeast(least: number): Attribute<T>;
  /** The same, whose numbers are finite. */
  finite(): Attribute<T>;
  /** The same, of which rules cover these values alone: others are legal, and refused as not supported. */
  only<S extends T>(...supported: readonly S[]): Attribute<S>;
  /**
   * The same, an attribute in old opsets and a constant input in new ones: that of its own name where none is named.
   */
  orInput(name?: string): Attribute<T>;
  /** The same, a constant input in all opsets. */
  fromInput(name?: string): Attribute<T>;
}

/** What an operator declares so that its rules get `D`. */
export type Declared<D> = { readonly [N in keyof D]: Attribute<D[N]> };

/** An integer; a node has to say it where there is no fallback. */
export function int(fallback?: number): Attribute<number> {
  return declared({ type: "INT", wants: "an integer", parse: (value) => scalar(value, Number.isInteger), fallback });
}

/** A number, which may be infinite. */
export function float(fallback?: number): Attribute<number> {
  return declared({ type: "FLOAT", wants: "a number", parse: (value) => scalar(value, isNumber), fallback });
}

/** ONNX's way to say yes or no: an integer that is not zero, or zero. */
export function flag(fallback?: boolean): Attribute<boolean> {
  const parse = (value: AttributeValue): boolean | undefined => {
    const number = scalar(value, Number.isInteger);
    return number === undefined ? undefined : number !== 0;
  };
  return declared({ type: "INT", wants: "1 or 0", parse, fallback });
}

/** A list of integers. */
export function ints(fallback?: readonly number[]): Attribute<readonly number[]> {
  const parse = (value: AttributeValue): readonly number[] | undefined => list(value, Number.isInteger);
  return declared({ type: "INTS", wants: "a list of integers", parse, fallback });
}

/** A list of numbers. */
export function floats(fallback?: readonly number[]): Attribute<readonly number[]> {
  return declared({ type: "FLOATS", wants: "a list of numbers", parse: (value) => list(value, isNumber), fallback });
}

/** One of some words. An empty one is how some exporters write the fallback. */
export function oneOf<const W extends string>(words: readonly W[], fallback?: W): Attribute<W> {
  const parse = (value: AttributeValue): W | undefined =>
    words.find((word) => word === value) ?? (value === "" ? fallback : undefined);
  return declared({ type: "STRING", wants: `one of ${words.join(", ")}`, parse, fallback });
}

/** A tensor. */
export function tensor(): Attribute<HostTensor> {
  return declared({ type: "TENSOR", wants: "a tensor", parse: (value) => (isTensor(value) ? value : undefined) });
}

interface Parts<T> {
  readonly type: AttributeType;
  readonly wants: string;
  readonly parse: (value: AttributeValue) => T | undefined;
  readonly fallback?: T | undefined;
  readonly isOptional?: boolean;
  readonly supported?: readonly T[];
  readonly input?: string | true;
  readonly onlyInput?: boolean;
}

function declared<T>(parts: Parts<T>): Attribute<T> {
  const { type, wants, parse, fallback, isOptional = false, supported, input, onlyInput } = parts;
  const where = (holds: (number: number) => boolean, suffix: string): Attribute<T> => {
    const fits = (value: T): boolean => [value].flat().every((part) => typeof part !== "number" || holds(part));
    const parsed = (value: AttributeValue): T | undefined => {
      const result = parse(value);
      return result !== undefined && fits(result) ? result : undefined;
    };
    return declared({ ...parts, wants: `${wants}${suffix}`, parse: parsed });
  };
  return Object.freeze<Attribute<T>>({
    $$type: "lirpa.attribute",
    type,
    wants,
    parse,
    ...((fallback !== undefined || isOptional) && { fallback: Object.freeze({ value: fallback as T }) }),
    ...(supported !== undefined && { supported }),
    ...(input !== undefined && { input }),
    ...(onlyInput !== undefined && { onlyInput }),
    optional: () => declared<T | undefined>({ ...parts, isOptional: true }),
    atLeast: (least) => where((number) => number >= least, ` of at least ${least}`),
    finite: () => where(Number.isFinite, ", and finite"),
    // What is not among them is refused: nothing else is left to read.
    only: <S extends T>(...values: readonly S[]) =>
      declared({ ...parts, supported: Object.freeze(values) } as Parts<unknown> as Parts<S>),
    orInput: (name) => declared({ ...parts, input: name ?? true }),
    fromInput: (name) => declared({ ...parts, input: name ?? true, onlyInput: true }),
  });
}

function isNumber(value: unknown): boolean {
  return typeof value === "number" && !Number.isNaN(value);
}

function isTensor(value: AttributeValue): value is HostTensor {
  return typeof value === "object" && "data" in value && "dtype" in value;
}

/** A tensor of one element counts as that element: so it comes as an input. */
function scalar(value: AttributeValue, holds: (number: number) => boolean): number | undefined {
  const number: unknown =
    typeof value === "object" && isTensor(value) && value.data.length === 1 ? value.data[0] : value;
  return typeof number === "number" && holds(number) ? number : undefined;
}

function list(value: AttributeValue, holds: (number: number) => boolean): readonly number[] | undefined {
  const numbers: readonly unknown[] | undefined = Array.isArray(value)
    ? value
    : typeof value === "object" && isTensor(value)
      ? Array.from(value.data)
      : undefined;
  const isList = numbers?.every((number) => typeof number === "number" && holds(number)) === true;
  return isList ? Object.freeze([...(numbers as readonly number[])]) : undefined;
}
