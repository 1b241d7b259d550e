import {
  attributeError,
  defineOperator,
  unsupportedAttribute,
  type AttributeContext,
  type DType,
  type Operator,
  type RawAttributes,
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
  attributes: parse,
  forward: (context, x) => convert(context, x),
  nonnegative: true,
});

function parse(raw: RawAttributes, { node }: AttributeContext): CastAttributes {
  if (typeof raw["to"] !== "number") {
    throw attributeError(`${node}: the attribute 'to' is missing`, { hint: "Set it to a value of TensorProto.DataType." });
  }
  const to = TARGETS.get(raw["to"]);
  if (to === undefined) {
    throw unsupportedAttribute(`${node}: a cast to data type ${raw["to"]} is not supported`, {
      hint: "Supported are float (1), int32 (6), int64 (7), bool (9) and double (11).",
    });
  }
  return Object.freeze({ to });
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
