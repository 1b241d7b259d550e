import {
  axisOf,
  defineOperator,
  float,
  int,
  sizeOf,
  sizesOf,
  type AttributeContext,
  type Declared,
  type Operator,
} from "@lirpa/core/plugin";
import { scaleAndShift, standardize } from "./standardize.js";

interface Read {
  readonly axis: number;
  readonly epsilon: number;
  readonly stash_type: number;
}

interface LayerNormalizationAttributes {
  readonly axes: readonly number[];
  readonly count: number;
  readonly epsilon: number;
}

const declared: Declared<Read> = {
  axis: int(-1),
  epsilon: float(1e-5),
  // The type in which mean and deviation are computed.
  stash_type: int(1),
};

function read(
  { axis, epsilon }: Read,
  { node, shapes: [x] }: AttributeContext<readonly ["X", ...string[]]>,
): LayerNormalizationAttributes {
  const axes = [...x.keys()].slice(axisOf(node, axis, x.length));
  return { axes, count: sizeOf(sizesOf(x, axes)), epsilon };
}

/** Standardized over the axes from one on, then scaled and shifted. Mean and inverse deviation are further outputs. */
export const layerNormalization: Operator = defineOperator({
  type: "LayerNormalization",
  sinceVersion: 17,
  kind: "composite",
  inputs: ["X", "Scale", "B?"],
  attributes: declared,
  derive: read,
  expand: (attributes, { shapes, isRead }) => ({
    nodes: [
      ...standardize({ input: "inputs.0", output: "standardized", centered: true, ...attributes }),
      ...scaleAndShift("standardized", "outputs.0", "inputs.1", shapes[2] === undefined ? undefined : "inputs.2"),
      ...["mean", "inverse"].flatMap((name, i) =>
        isRead[i + 1] === true
          ? [{ name: `${name}Output`, type: "Identity", inputs: [name], outputs: [`outputs.${i + 1}`] }]
          : [],
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
  attributes: declared,
  derive: read,
  expand: (attributes) => ({
    nodes: [
      ...standardize({ input: "inputs.0", output: "standardized", centered: false, ...attributes }),
      ...scaleAndShift("standardized", "outputs.0", "inputs.1", undefined),
    ],
  }),
});
