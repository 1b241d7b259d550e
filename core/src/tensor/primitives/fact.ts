import { definePrimitive, type Primitive } from "../ir.js";
import { isConstant } from "../recorder.js";

export interface FactAttributes {
  /** The value that is bounded. Its other end is the fact of the same value and the other side. */
  readonly of: string;
  readonly side: "lower" | "upper";
}

/**
 * The identity, where one end of a bound becomes a fact: what is recorded from here on holds because the value lies
 * between the two ends, however they were computed. An analysis may widen both here. No program runs it.
 */
export const factPrimitive: Primitive = definePrimitive<FactAttributes>({
  name: "fact",
  infer: ([x]) => x!,
  simplify: (_, [x], { of, side }) => {
    const { of: before, side: other } = (x!.primitive.name === "fact" ? x!.attributes : {}) as Partial<FactAttributes>;
    return isConstant(x!) || (before === of && other === side) ? x : undefined;
  },
  gradient: (_, __, g) => [g],
  lower: (_, __, [x]) => x!,
  evaluate: ([x]) => Float64Array.from(x!.data),
});
