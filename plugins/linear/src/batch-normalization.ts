import {
  defineOperator,
  shapeError,
  unsupportedAttribute,
  type AttributeContext,
  type Operator,
  type RawAttributes,
  type RuleContext,
  type Tensor,
} from "@lirpa/core/plugin";

interface BatchNormalizationAttributes {
  readonly epsilon: number;
}

/** Inference with given statistics: per channel (axis 1) one factor and one shift, linear in X. */
export const batchNormalization: Operator = defineOperator({
  type: "BatchNormalization",
  sinceVersion: 7,
  kind: "linear",
  inputs: ["X", "scale", "B", "input_mean", "input_var"],
  attributes: parse,
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

function factors({ t, attributes }: RuleContext<BatchNormalizationAttributes>, scale: Tensor, variance: Tensor): Tensor {
  return t.div(scale, t.sqrt(t.add(variance, attributes.epsilon)));
}

function alongChannels({ t }: RuleContext<unknown>, perChannel: Tensor, x: Tensor): Tensor {
  return t.reshape(perChannel, [...perChannel.shape, ...x.shape.slice(2).map(() => 1)]);
}

function parse(raw: RawAttributes, { node, shapes, outputs }: AttributeContext): BatchNormalizationAttributes {
  // Before opset 14 a node in training mode is one with further outputs.
  if (outputs.slice(1).includes(true) || Number(raw["training_mode"] ?? 0) !== 0) {
    throw unsupportedAttribute(`${node}: batch normalization in training mode is not supported`, {
      hint: "Export the model for inference: training_mode 0 and one output.",
    });
  }
  if (Number(raw["spatial"] ?? 1) !== 1) {
    throw unsupportedAttribute(`${node}: only spatial = 1, statistics per channel, is supported`, {
      hint: "Convert the model to opset 9 or later.",
    });
  }
  const [x, ...parameters] = shapes;
  if (x !== undefined && x.length < 2) {
    throw shapeError(`${node}: X has shape [${x.join(", ")}]; its channels are axis 1, so it needs two axes or more`);
  }
  for (const shape of parameters) {
    if (x !== undefined && shape !== undefined && (shape.length !== 1 || shape[0] !== x[1])) {
      throw shapeError(`${node}: a parameter has shape [${shape.join(", ")}]; X has ${x[1]} channels, so it must be [${x[1]}]`);
    }
  }
  return Object.freeze({ epsilon: Number(raw["epsilon"] ?? 1e-5) });
}
