import {
  axisOf,
  defineOperator,
  flag,
  hostSize,
  int,
  nth,
  type Operator,
  type Tensor,
  type TensorOps,
} from "@lirpa/core/plugin";

interface CumSumAttributes {
  readonly axis: number;
  /** Without the element itself. */
  readonly exclusive: boolean;
  /** From the end. */
  readonly reverse: boolean;
}

/** Running sums along an axis: a product with a triangle of ones. */
export const cumSum: Operator = defineOperator({
  type: "CumSum",
  sinceVersion: 11,
  kind: "linear",
  inputs: ["x", "axis"],
  nonnegative: true,
  attributes: { axis: int().fromInput(), exclusive: flag(false), reverse: flag(false) },
  forward: ({ t, attributes, node }, x) => {
    const { shape, dtype } = x;
    const rank = shape.length;
    const axis = axisOf(node, attributes.axis, rank);
    const last = shape
      .map((_, at) => at)
      .filter((at) => at !== axis)
      .concat(axis);
    const back = shape.map((_, at) => last.indexOf(at));
    // One axis more, so that a vector has the two axes of a matrix product as well.
    const moved = t.transpose(t.cast(x, "float"), last);
    const rows = t.reshape(moved, [...moved.shape.slice(0, -1), 1, nth(shape, axis)]);
    const sums = t.matmul(rows, triangle(t, nth(shape, axis), attributes));
    return t.cast(t.transpose(t.reshape(sums, moved.shape), back), dtype);
  },
});

/** Element [from, to] is 1 where `from` counts for the sum at `to`. */
function triangle(t: TensorOps, n: number, { exclusive, reverse }: CumSumAttributes): Tensor {
  const data = Float64Array.from({ length: hostSize([n, n], "the sums along an axis") }, (_, at) => {
    const distance = (reverse ? -1 : 1) * ((at % n) - Math.floor(at / n));
    return distance > 0 || (distance === 0 && !exclusive) ? 1 : 0;
  });
  return t.constant({ shape: [n, n], dtype: "float", data });
}
