import { defineOperator, unsupportedAttribute, type AttributeContext, type Operator, type RawAttributes, type RuleContext, type Tensor, type TensorOps } from "@lirpa/core/plugin";
import { axisOf, readTrueReduction, reducedShape } from "./reading.js";

/** Refuses an operand that a perturbation could reach: the operator's rule is for constants only. */
function constantOperand({ node, constants }: AttributeContext, type: string): void {
  if (constants[0] === undefined) {
    throw unsupportedAttribute(`${node}: the operand of ${type} is computed from the model's inputs`, { hint: `${type} is supported on constants only.` });
  }
}

/** Products over axes, as in shape arithmetic: of constants only. */
export const reduceProd: Operator = defineOperator({
  type: "ReduceProd",
  sinceVersion: 1,
  kind: "linear",
  inputs: ["data", "axes?"],
  data: [],
  nonnegative: true,
  attributes: (raw, context) => {
    constantOperand(context, "ReduceProd");
    return readTrueReduction(raw, context);
  },
  forward: ({ t, attributes }, x) => {
    const product = attributes.axes.reduce((all, axis) => alongAxis(t, all, axis), x);
    return t.reshape(product, reducedShape(x.shape, attributes));
  },
});

function alongAxis(t: TensorOps, x: Tensor, axis: number): Tensor {
  const zeros = x.shape.map(() => 0);
  const slices = Array.from({ length: x.shape[axis]! }, (_, i) =>
    t.slice(x, zeros.map((_zero, at) => (at === axis ? i : 0)), x.shape.map((size, at) => (at === axis ? i + 1 : size))),
  );
  return slices.reduce((product, slice) => t.mul(product, slice));
}

interface ArgAttributes {
  readonly axis: number;
  readonly keepDims: boolean;
}

function argOperator(type: "ArgMax" | "ArgMin"): Operator {
  return defineOperator({
    type,
    sinceVersion: 1,
    kind: "linear",
    inputs: ["data"],
    data: [],
    nonnegative: true,
    attributes: (raw: RawAttributes, context) => {
      constantOperand(context, type);
      if (Number(raw["select_last_index"] ?? 0) !== 0) {
        throw unsupportedAttribute(`${context.node}: select_last_index 1 is not supported`, { hint: "Among equal elements the first one is taken." });
      }
      const axis = axisOf(context.node, Number(raw["axis"] ?? 0), context.shapes[0]!.length);
      return Object.freeze({ axis, keepDims: Number(raw["keepdims"] ?? 1) !== 0 });
    },
    forward: ({ t, attributes: { axis, keepDims } }: RuleContext<ArgAttributes>, x) => {
      const index = type === "ArgMax" ? t.argMax(x, axis) : t.argMin(x, axis);
      return keepDims ? index : t.reshape(index, x.shape.filter((_, at) => at !== axis));
    },
  });
}

export const argMax: Operator = argOperator("ArgMax");
export const argMin: Operator = argOperator("ArgMin");
