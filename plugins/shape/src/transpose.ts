import { axesOf, defineOperator, ints, sameLength, type Operator } from "@lirpa/core/plugin";

/** Permutes the axes; reverses them where no permutation is given. */
export const transpose: Operator = defineOperator({
  type: "Transpose",
  sinceVersion: 1,
  kind: "linear",
  inputs: ["data"],
  nonnegative: true,
  // A permutation names the axes from 0 on.
  attributes: { perm: ints().atLeast(0).optional() },
  forward: ({ t, attributes: { perm: permutation }, node }, x) => {
    if (permutation === undefined) return t.transpose(x);
    sameLength(node, "entries of perm", permutation, "axes of the input", x.shape);
    return t.transpose(x, axesOf(node, permutation, x.shape.length));
  },
});
