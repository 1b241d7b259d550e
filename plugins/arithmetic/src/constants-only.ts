import { defineOperator, unsupportedAttribute, type AttributeContext, type Operator, type RawAttributes, type RuleContext, type Tensor } from "@lirpa/core/plugin";

export interface ConstantRule<A> {
  readonly type: string;
  readonly sinceVersion: number;
  readonly inputs: readonly string[];
  readonly attributes?: (raw: RawAttributes, context: AttributeContext) => A;
  forward(context: RuleContext<A>, ...inputs: readonly Tensor[]): Tensor;
}

/** An operator of the shape arithmetic that exporters write. A value that a perturbation could reach is refused. */
export function onConstants<A = undefined>({ type, sinceVersion, inputs, attributes, forward }: ConstantRule<A>): Operator {
  return defineOperator({
    type,
    sinceVersion,
    kind: "linear",
    inputs,
    data: [],
    nonnegative: true,
    attributes: (raw, context) => {
      if (context.constants.some((constant, slot) => constant === undefined && context.shapes[slot] !== undefined)) {
        throw unsupportedAttribute(`${context.node}: an operand of ${type} is computed from the model's inputs`, {
          hint: `${type} is supported on constants only.`,
        });
      }
      return attributes?.(raw, context) as A;
    },
    forward: (context, ...operands) => forward(context, ...(operands as readonly Tensor[])),
  });
}
