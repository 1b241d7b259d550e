import { flag, ints, type Declared } from "./attributes.js";
import { unsupportedAttribute } from "./errors.js";
import type { AttributeContext } from "./operator.js";
import { axesOf } from "./reading.js";

/** What reductions read. `axes` is an attribute in old opsets and an input in new ones. */
export interface ReductionAttributes {
  readonly axes: readonly number[] | undefined;
  readonly keepdims: boolean;
  readonly noop_with_empty_axes: boolean;
}

/** The attributes of every reduction. */
export const reductionAttributes: Declared<ReductionAttributes> = Object.freeze({
  axes: ints().optional().orInput(),
  keepdims: flag(true),
  noop_with_empty_axes: flag(false),
});

/** Which axes a reduction runs over. */
export interface Reduction {
  /** From 0 on, ascending. Empty where the node asks for no reduction. */
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

type Operand = readonly ["data", ...string[]];

/** None means all axes, unless `noop_with_empty_axes` says that it means none. */
export function readReduction(
  attributes: ReductionAttributes,
  { node, shapes: [shape] }: AttributeContext<Operand>,
): Reduction {
  const { axes = [], keepdims, noop_with_empty_axes: none } = attributes;
  const given = axesOf(node, axes, shape.length);
  const reduced = given.length > 0 || none ? given.sort((a, b) => a - b) : [...shape.keys()];
  return { axes: Object.freeze(reduced), keepDims: keepdims };
}

/**
 * The same for reductions that are more than a choice or a sum: whether they act where nothing is reduced is not
 * clear.
 */
export function readTrueReduction(attributes: ReductionAttributes, context: AttributeContext<Operand>): Reduction {
  const reduction = readReduction(attributes, context);
  if (reduction.axes.length === 0 && context.shapes[0].length > 0) {
    throw unsupportedAttribute(`${context.node}: noop_with_empty_axes 1 without axes is not supported`, {
      hint: "Remove the node: it has nothing to reduce.",
    });
  }
  return reduction;
}
