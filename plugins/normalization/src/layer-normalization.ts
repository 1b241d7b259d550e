import { defineOperator, type AttributeContext, type Operator, type RawAttributes } from "@lirpa/core/plugin";
import { axisOf, rangeOf, shapeOf, sizeOf } from "./reading.js";
import { scaleAndShift, standardize } from "./standardize.js";

interface LayerNormalizationAttributes {
  readonly axes: readonly number[];
  readonly count: number;
  readonly epsilon: number;
}

function read(raw: RawAttributes, context: AttributeContext): LayerNormalizationAttributes {
  const shape = shapeOf(context);
  const axes = rangeOf(axisOf(context.node, Number(raw["axis"] ?? -1), shape.length), shape.length);
  return Object.freeze({ axes, count: sizeOf(axes.map((axis) => shape[axis]!)), epsilon: Number(raw["epsilon"] ?? 1e-5) });
}

/** Standardized over the axes from one on, then scaled and shifted. Mean and inverse deviation are further outputs. */
export const layerNormalization: Operator = defineOperator({
  type: "LayerNormalization",
  sinceVersion: 17,
  kind: "composite",
  inputs: ["X", "Scale", "B?"],
  attributes: read,
  expand: (attributes, { shapes, outputs }) => ({
    nodes: [
      ...standardize({ input: "inputs.0", output: "standardized", centered: true, ...attributes }),
      ...scaleAndShift("standardized", "outputs.0", "inputs.1", shapes[2] === undefined ? undefined : "inputs.2"),
      ...["mean", "inverse"].flatMap((name, i) =>
        outputs[i + 1] === true ? [{ name: `${name}Output`, type: "Identity", inputs: [name], outputs: [`outputs.${i + 1}`] }] : [],
      ),
    ],
  }),
});

/** The same without taking the mean away. */
export const rmsNormalization: Operator = defineOperator({
  type: "RMSNormalization",
  sinceVersion: 23,
  kind: "composite",
  inputs: ["X", "scale"],
  attributes: read,
  expand: (attributes) => ({
    nodes: [
      ...standardize({ input: "inputs.0", output: "standardized", centered: false, ...attributes }),
      ...scaleAndShift("standardized", "outputs.0", "inputs.1", undefined),
    ],
  }),
});
