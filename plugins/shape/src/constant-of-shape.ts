import { attributeError, defineOperator, ints, tensor, type Operator } from "@lirpa/core/plugin";

/** One value throughout a given shape: a float zero, unless an attribute says otherwise. */
export const constantOfShape: Operator = defineOperator({
  type: "ConstantOfShape",
  sinceVersion: 9,
  kind: "linear",
  inputs: ["input"],
  data: [],
  nonnegative: true,
  attributes: { input: ints().atLeast(0).fromInput(), value: tensor().optional() },
  derive: ({ input: shape, value: given }, { node }) => {
    if (given === undefined) return { shape, value: 0, dtype: "float" as const };
    const [value, ...others] = given.data;
    if (value === undefined || others.length > 0) {
      throw attributeError(`${node}: value is not a tensor of one element`, {
        hint: "It is repeated throughout the shape.",
      });
    }
    return { shape, value, dtype: given.dtype };
  },
  forward: ({ t, attributes: { shape, value, dtype } }) => t.expand(t.constant(value, [], dtype), shape),
});
