import {
  defineOperator,
  float,
  int,
  unsupportedAttribute,
  type AttributeContext,
  type Operator,
} from "@lirpa/core/plugin";

/** The identity: what dropout does at inference. */
export const dropout: Operator = defineOperator({
  type: "Dropout",
  sinceVersion: 7,
  kind: "linear",
  inputs: ["data", "ratio?", "training_mode?"],
  // Both are of what training does.
  attributes: { ratio: float(0.5), seed: int(0) },
  derive: refuseTraining,
  forward: (_context, x) => x,
  nonnegative: true,
});

function refuseTraining(_: object, { node, isRead, shapes, constants }: AttributeContext): object {
  if (isRead[1] === true) {
    throw unsupportedAttribute(`${node}: the output 'mask' is not supported, only 'output' is`, {
      hint: "Export the model for inference, without dropout masks.",
    });
  }
  const training = constants[2];
  if (shapes[2] !== undefined && training === undefined) {
    throw unsupportedAttribute(`${node}: 'training_mode' must be a constant`, {
      hint: "Export the model for inference.",
    });
  }
  if (training !== undefined && training.data[0] !== 0) {
    throw unsupportedAttribute(`${node}: dropout in training mode is random; only inference is supported`, {
      hint: "Export the model for inference (training_mode false).",
    });
  }
  return {};
}
