import {
  defineOperator,
  readReduction,
  reductionAttributes,
  unsupportedAttribute,
  type Operator,
} from "@lirpa/core/plugin";

/** Sums over axes. */
export const reduceSum: Operator = defineOperator({
  type: "ReduceSum",
  sinceVersion: 1,
  kind: "linear",
  inputs: ["data", "axes?"],
  nonnegative: true,
  attributes: reductionAttributes,
  derive: readReduction,
  forward: ({ t, attributes: { axes, keepDims } }, x) => (axes.length === 0 ? x : t.sum(x, axes, keepDims)),
});

/** Means over axes. */
export const reduceMean: Operator = defineOperator({
  type: "ReduceMean",
  sinceVersion: 1,
  kind: "linear",
  inputs: ["data", "axes?"],
  nonnegative: true,
  attributes: reductionAttributes,
  derive: readReduction,
  forward: ({ t, attributes: { axes, keepDims }, node }, x) => {
    if (x.dtype !== "float")
      throw unsupportedAttribute(`${node}: the mean of integers is not supported`, {
        hint: "Cast the operand to float.",
      });
    return axes.length === 0 ? x : t.mean(x, axes, keepDims);
  },
});
