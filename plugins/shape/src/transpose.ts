import { attributeError, defineOperator, type Operator } from "@lirpa/core/plugin";
import { axesOf, integers, sameLength } from "./reading.js";

/** Permutes the axes; reverses them where no permutation is given. */
export const transpose: Operator = defineOperator({
  type: "Transpose",
  sinceVersion: 1,
  kind: "linear",
  inputs: ["data"],
  nonnegative: true,
  attributes: (raw, context) => {
    const permutation = integers(raw, context, "perm");
    if (permutation?.some((axis) => axis < 0)) {
      throw attributeError(`${context.node}: perm has a negative axis`, { hint: "A permutation names the axes from 0 on." });
    }
    return Object.freeze({ permutation });
  },
  forward: ({ t, attributes: { permutation }, node }, x) => {
    if (permutation === undefined) return t.transpose(x);
    sameLength(node, "entries of perm", permutation, "axes of the input", x.shape);
    return t.transpose(x, axesOf(node, permutation, x.shape.length));
  },
});
