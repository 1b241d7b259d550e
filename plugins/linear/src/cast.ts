import {
  defineOperator,
  flag,
  int,
  unsupportedAttribute,
  type AttributeContext,
  type DType,
  type Operator,
  type RuleContext,
  type Tensor,
} from "@lirpa/core/plugin";

interface CastAttributes {
  readonly to: DType;
}

/** By TensorProto.DataType. Types that would round or wrap around are left out: bounds would miss it. */
const TARGETS: ReadonlyMap<number, DType> = new Map([
  [1, "float"],
  [6, "int"],
  [7, "int"],
  [9, "bool"],
  [11, "float"],
]);

/** Between float types the identity. Other conversions are for constants and for inputs that nobody perturbs. */
export const cast: Operator = defineOperator({
  type: "Cast",
  sinceVersion: 6,
  kind: "linear",
  inputs: ["input"],
  attributes: {
    to: int(),
    // Of casts to 8-bit floats.
    saturate: flag(true),
  },
  derive: targetOf,
  forward: (context, x) => convert(context, x),
  nonnegative: true,
});

function targetOf({ to: type }: { readonly to: number }, { node }: AttributeContext): CastAttributes {
  const to = TARGETS.get(type);
  if (to === undefined) {
    throw unsupportedAttribute(`${node}: a cast to data type ${type} is not supported`, {
      hint: "Supported are float (1), int32 (6), int64 (7), bool (9) and double (11).",
    });
  }
  return { to };
}

function convert({ t, attributes, node }: RuleContext<CastAttributes>, x: Tensor): Tensor {
  if (x.dtype === attributes.to) return x;
  // From floats a cast is a step function: right for constants, but as a linear map it would be unsound.
  if (x.dtype === "float" && t.constantValue(x) === undefined) {
    throw unsupportedAttribute(`${node}: a cast from float to ${attributes.to} is supported for constants only`, {
      hint: "Remove the cast, or make its input a constant.",
    });
  }
  return t.cast(x, attributes.to);
}
