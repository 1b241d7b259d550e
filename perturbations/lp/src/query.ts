import { checkOptions, LirpaError, type PerturbationQuery } from "@lirpa/core/plugin";

/** The norm and the radius of a ball. */
export interface LpOptions {
  /** p of the Lp norm, 1 or more; Infinity is the maximum norm. */
  readonly norm: number;
  /**
   * One radius; or one for each row of the batch, where instances differ; or one per element of the tensor (flat, in
   * row-major order): then the ball is stretched.
   */
  readonly eps: number | ArrayLike<number>;
  /** One ball per row of the first axis (inputs, where nothing is said) or one around the whole tensor (weights). */
  readonly over?: "all" | "rows";
}

/** Limits for each element. */
export interface BoxOptions {
  /** One number per element of the tensor, flat, in row-major order. */
  readonly lower: ArrayLike<number>;
  readonly upper: ArrayLike<number>;
}

/** A ball around an input or a weight, as a query says it. It is checked when it meets its tensor. */
export function lp(options: LpOptions): PerturbationQuery {
  checkOptions(options, ["norm", "eps", "over"], "lp");
  const { norm, eps, over } = options;
  if (typeof eps !== "number" && !isList(eps))
    throw notGiven("lp", "eps", "one radius, one per row of the batch, or one per element");
  return Object.freeze({
    ...named(norm),
    eps: typeof eps === "number" ? eps : frozen(eps),
    ...(over === undefined ? {} : { over }),
  });
}

/** A box around an input or a weight, as a query says it. It is checked when it meets its tensor. */
export function box(options: BoxOptions): PerturbationQuery {
  checkOptions(options, ["lower", "upper"], "box");
  const { lower, upper } = options;
  if (!isList(lower)) throw notGiven("box", "lower", "one number per element");
  if (!isList(upper)) throw notGiven("box", "upper", "one number per element");
  return Object.freeze({ type: "box", lower: frozen(lower), upper: frozen(upper) });
}

/** What claims to be a list is read before a copy of that length is made. */
function isList(value: ArrayLike<number>): boolean {
  if (typeof value !== "object" || typeof value?.length !== "number") return false;
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return true;
  for (let i = 0; i < value.length; i++) if (typeof value[i] !== "number") return false;
  return true;
}

function notGiven(what: string, option: string, wanted: string): LirpaError {
  return new LirpaError("LIRPA_OPTION", `${what} needs ${option}: ${wanted}`, { details: { option } });
}

function named(norm: number): PerturbationQuery {
  if (norm === Infinity) return { type: "linf" };
  return norm === 2 || norm === 1 ? { type: `l${norm}` } : { type: "lp", p: norm };
}

function frozen(numbers: ArrayLike<number>): readonly number[] {
  return Object.freeze(Array.from(numbers));
}
