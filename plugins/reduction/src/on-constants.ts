import {
  axisOf,
  defineOperator,
  flag,
  int,
  nth,
  onlyConstants,
  readTrueReduction,
  reducedShape,
  reductionAttributes,
  type Operator,
  type Tensor,
  type TensorOps,
} from "@lirpa/core/plugin";

/** Products over axes, as in shape arithmetic: of constants only. */
export const reduceProd: Operator = defineOperator({
  type: "ReduceProd",
  sinceVersion: 1,
  kind: "linear",
  inputs: ["data", "axes?"],
  data: [],
  nonnegative: true,
  attributes: reductionAttributes,
  derive: (attributes, context) => {
    onlyConstants(context, "ReduceProd");
    return readTrueReduction(attributes, context);
  },
  forward: ({ t, attributes: { axes, keepDims } }, x) => {
    const product = axes.reduce((all, axis) => alongAxis(t, all, axis), x);
    return t.reshape(product, reducedShape(x.shape, axes, keepDims));
  },
});

function alongAxis(t: TensorOps, x: Tensor, axis: number): Tensor {
  const zeros = x.shape.map(() => 0);
  const slices = Array.from({ length: nth(x.shape, axis) }, (_, i) =>
    t.slice(x, zeros.with(axis, i), x.shape.with(axis, i + 1)),
  );
  return slices.reduce((product, slice) => t.mul(product, slice));
}

function argOperator(type: "ArgMax" | "ArgMin"): Operator {
  return defineOperator({
    type,
    sinceVersion: 1,
    kind: "linear",
    inputs: ["data"],
    data: [],
    nonnegative: true,
    // Among equal elements the first one is taken.
    attributes: { axis: int(0), keepdims: flag(true), select_last_index: flag(false).only(false) },
    derive: ({ axis, keepdims }, context) => {
      onlyConstants(context, type);
      return { axis: axisOf(context.node, axis, context.shapes[0].length), keepDims: keepdims };
    },
    forward: ({ t, attributes: { axis, keepDims } }, x) => {
      const index = type === "ArgMax" ? t.argMax(x, axis) : t.argMin(x, axis);
      return keepDims ? index : t.reshape(index, reducedShape(x.shape, [axis], false));
    },
  });
}

export const argMax: Operator = argOperator("ArgMax");
export const argMin: Operator = argOperator("ArgMin");
