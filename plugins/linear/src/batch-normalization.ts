import {
  defineOperator,
  flag,
  float,
  shapeError,
  showShape,
  unsupportedAttribute,
  type AttributeContext,
  type Operator,
  type RuleContext,
  type Tensor,
} from "@lirpa/core/plugin";

const INPUTS = ["X", "scale", "B", "input_mean", "input_var"] as const;
type Inputs = typeof INPUTS;

interface BatchNormalizationAttributes {
  readonly epsilon: number;
}

/** Inference with given statistics: per channel (axis 1) one factor and one shift, linear in X. */
export const batchNormalization: Operator = defineOperator({
  type: "BatchNormalization",
  sinceVersion: 7,
  kind: "linear",
  inputs: INPUTS,
  attributes: {
    epsilon: float(1e-5),
    training_mode: flag(false).only(false),
    // Statistics per channel, as all are since opset 9.
    spatial: flag(true).only(true),
    // Of what training does.
    momentum: float(0.9),
  },
  derive: checked,
  forward: (context, x, scale, bias, mean, variance) => {
    const { t } = context;
    const factor = factors(context, scale, variance);
    const shift = t.sub(bias, t.mul(mean, factor));
    return t.add(t.mul(x, alongChannels(context, factor, x)), alongChannels(context, shift, x));
  },
  magnitude: (context, x, scale, _bias, _mean, variance) => {
    const { t } = context;
    return t.mul(x, alongChannels(context, t.abs(factors(context, scale, variance)), x));
  },
});

function factors(
  { t, attributes }: RuleContext<BatchNormalizationAttributes>,
  scale: Tensor,
  variance: Tensor,
): Tensor {
  return t.div(scale, t.sqrt(t.add(variance, attributes.epsilon)));
}

function alongChannels({ t }: RuleContext<unknown>, perChannel: Tensor, x: Tensor): Tensor {
  return t.reshape(perChannel, [...perChannel.shape, ...x.shape.slice(2).map(() => 1)]);
}

function checked(
  { epsilon }: BatchNormalizationAttributes,
  { node, shapes, isRead }: AttributeContext<Inputs>,
): BatchNormalizationAttributes {
  // Before opset 14 a node in training mode is one with further outputs.
  if (isRead.slice(1).includes(true)) {
    throw unsupportedAttribute(`${node}: batch normalization in training mode is not supported`, {
      hint: "Export the model for inference: training_mode 0 and one output.",
    });
  }
  const [x, ...parameters] = shapes;
  if (x.length < 2) {
    throw shapeError(`${node}: X has shape ${showShape(x)}; its channels are axis 1, so it needs two axes or more`);
  }
  for (const shape of parameters) {
    if (shape.length !== 1 || shape[0] !== x[1]) {
      throw shapeError(
        `${node}: a parameter has shape ${showShape(shape)}; X has ${x[1]} channels, so it must be [${x[1]}]`,
      );
    }
  }
  return { epsilon };
}
