import {
  defineOperator,
  flag,
  type AttributeContext,
  type Operator,
  type RuleContext,
  type Tensor,
} from "@lirpa/core/plugin";
import {
  elementsInside,
  poolingAttributes,
  poolingWindow,
  type PoolingAttributes,
  type PoolingWindow,
} from "./window.js";

interface AveragePoolAttributes {
  readonly window: PoolingWindow;
  /** By how much each window's sum is divided: per spatial axis a factor for each output position. */
  readonly counts: readonly (readonly number[])[];
}

interface Read extends PoolingAttributes {
  readonly count_include_pad: boolean;
}

/** Means of windows. With `count_include_pad` the padding counts as zeros, but not what lies beyond it (ceil_mode). */
export const averagePool: Operator = defineOperator({
  type: "AveragePool",
  sinceVersion: 1,
  kind: "linear",
  inputs: ["X"],
  attributes: { ...poolingAttributes, count_include_pad: flag(false) },
  derive: read,
  forward: (context, x) => means(context, x),
  nonnegative: true,
});

/** Channels become instances of a convolution with one channel: no kernel that is zero between channels. */
function means({ t, attributes }: RuleContext<AveragePoolAttributes>, x: Tensor): Tensor {
  const { window, counts } = attributes;
  const { batch, channels, sizes, kernel, output, options } = window;
  const single = t.reshape(x, [batch * channels, 1, ...sizes]);
  const sums = t.conv(single, t.full([1, 1, ...kernel], 1), { ...options, groups: 1 });
  const weights = t.constant(reciprocals(counts), [1, 1, ...output]);
  return t.reshape(t.mul(sums, weights), [batch, channels, ...output]);
}

/** One over the product of an entry per axis, for all combinations, the last axis fastest. */
function reciprocals(counts: readonly (readonly number[])[]): readonly number[] {
  return counts
    .reduce((products, axis) => products.flatMap((a) => axis.map((b) => a * b)), [1])
    .map((count) => 1 / count);
}

function read(attributes: Read, context: AttributeContext<readonly ["X"]>): AveragePoolAttributes {
  const window = poolingWindow(attributes, context);
  const padded = attributes.count_include_pad;
  const counts = window.axes.map((axis) =>
    elementsInside(axis, padded ? axis.begin : 0, padded ? axis.declaredEnd : 0),
  );
  return { window, counts };
}
