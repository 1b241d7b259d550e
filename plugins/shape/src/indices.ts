import {
  attributeError,
  type AttributeContext,
  type HostTensor,
  type RuleContext,
  type Tensor,
} from "@lirpa/core/plugin";

/**
 * What Gather and GatherElements know of their node. Indices that are no constant come as a fixed input at run time.
 */
export interface GatherAttributes {
  readonly axis: number;
  readonly constant: HostTensor | undefined;
}

export function gatherAttributes(
  { axis }: { readonly axis: number },
  { constants }: AttributeContext,
): GatherAttributes {
  return { axis, constant: constants[1] };
}

/** Indices from 0 on: ONNX counts negative ones from the end. Constants are checked as well. */
export function indicesFromZero(
  { t, node, attributes }: RuleContext<GatherAttributes>,
  indices: Tensor,
  size: number,
): Tensor {
  const constant = attributes.constant ?? t.constantValue(indices);
  if (constant === undefined) {
    // What lies before the axis must not be read from its end: behind the axis the executor refuses it.
    const fromEnd = t.where(t.less(indices, -size), size, t.add(indices, size));
    return t.where(t.less(indices, 0), fromEnd, indices);
  }
  const outside = constant.data.find((index) => index < -size || index >= size || !Number.isInteger(index));
  if (outside !== undefined) {
    throw attributeError(`${node}: index ${outside} is outside an axis of size ${size}`, {
      hint: `Indices run from ${-size} to ${size - 1}.`,
    });
  }
  const data = Float64Array.from(constant.data, (index) => (index < 0 ? index + size : index));
  return t.constant({ shape: constant.shape, dtype: "int", data });
}
