import { defineOperator, onlyConstants, type Operator, type Tensor, type TensorOps } from "@lirpa/core/plugin";

/** A comparison or a connective of the shape arithmetic that exporters write. What is no constant is refused. */
export function ofTwoConstants(
  type: string,
  sinceVersion: number,
  of: (t: TensorOps, a: Tensor, b: Tensor) => Tensor,
): Operator {
  return defineOperator({
    type,
    sinceVersion,
    kind: "linear",
    inputs: ["A", "B"],
    data: [],
    nonnegative: true,
    derive: (_, context) => {
      onlyConstants(context, type);
      return {};
    },
    forward: ({ t }, a, b) => of(t, a, b),
  });
}
