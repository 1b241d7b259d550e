import type { Side } from "../../plugin/pair.js";
import { definePrimitive, type IrNode, type Primitive } from "../ir.js";
import { isConstant } from "./leaves.js";

export interface FactAttributes {
  /** The value that is bounded. Its other end is the fact of the same value and the other side. */
  readonly of: string;
  readonly side: Side;
}

/**
 * The identity, where one end of a bound becomes a fact: what is recorded from here on holds because the value lies
 * between the two ends, however they were computed. An analysis may widen both here. No program runs it.
 */
export const factPrimitive: Primitive = definePrimitive<FactAttributes>({
  name: "fact",
  takes: ["anything"],
  view: true,
  infer: ([x]) => x!,
  simplify: (_, [x], { of, side }) => {
    const before = factOf(x!);
    return isConstant(x!) || (before?.of === of && before.side === side) ? x : undefined;
  },
  gradient: (_, __, g) => [g],
  lower: (_, __, [x]) => x!,
  evaluate: ([x]) => Float64Array.from(x!.data),
});

/** What a node bounds, where it is a fact. */
export function factOf(node: IrNode): FactAttributes | undefined {
  return node.primitive === factPrimitive ? (node.attributes as FactAttributes) : undefined;
}
