import { attributeError, defineOperator, shapeError, type AttributeContext, type Operator, type Shape, type Subgraph, type SubgraphNode } from "@lirpa/core/plugin";
import { integers, rangeOf, shapeOf, sizeOf } from "./reading.js";
import { scaleAndShift, standardize } from "./standardize.js";

interface GroupNormalizationAttributes {
  readonly groups: number;
  /** Scale and bias have one entry for each group (opset 18 to 20) rather than for each channel. */
  readonly perGroup: boolean;
  readonly epsilon: number;
}

/** Each channel of each batch entry standardized over its spatial axes. */
export const instanceNormalization: Operator = defineOperator({
  type: "InstanceNormalization",
  sinceVersion: 6,
  kind: "composite",
  inputs: ["input", "scale", "B"],
  attributes: (raw, context) => Object.freeze({ groups: channelsOf(context), perGroup: false, epsilon: Number(raw["epsilon"] ?? 1e-5) }),
  expand: grouped,
});

/** Groups of channels of each batch entry standardized together. */
export const groupNormalization: Operator = defineOperator({
  type: "GroupNormalization",
  sinceVersion: 18,
  kind: "composite",
  inputs: ["X", "scale", "bias"],
  attributes: (raw, context) => {
    const groups = Number(raw["num_groups"]);
    const channels = channelsOf(context);
    if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
      throw attributeError(`${context.node}: ${channels} channels do not form ${String(raw["num_groups"])} groups`, { hint: "num_groups must divide the number of channels." });
    }
    return Object.freeze({ groups, perGroup: context.opset < 21, epsilon: Number(raw["epsilon"] ?? 1e-5) });
  },
  expand: grouped,
});

function channelsOf(context: AttributeContext): number {
  const shape = shapeOf(context);
  if (shape.length < 3) throw shapeError(`${context.node}: its operand [${shape.join(", ")}] needs batch, channels and one spatial axis or more`);
  return shape[1]!;
}

/** The channels of a group and their spatial axes become one axis, and after standardizing again what they were. */
function grouped({ groups, perGroup, epsilon }: GroupNormalizationAttributes, context: AttributeContext): Subgraph {
  const shape = shapeOf(context);
  const count = sizeOf(shape) / (shape[0]! * groups);
  const parameter: Shape = perGroup ? [groups, 1] : [shape[1]!, ...shape.slice(2).map(() => 1)];
  for (const slot of [1, 2]) {
    if (context.shapes[slot]?.length !== 1 || context.shapes[slot][0] !== parameter[0]) {
      throw shapeError(`${context.node}: a parameter has the shape [${context.shapes[slot]?.join(", ") ?? ""}]; it must be [${parameter[0]}]`);
    }
  }
  const reshape = (name: string, input: string, to: string, output: string): SubgraphNode => ({ name, type: "Reshape", inputs: [input, to], outputs: [output] });
  const affine = (input: string, output: string): readonly SubgraphNode[] => scaleAndShift(input, output, "weights", "biases");
  return {
    constants: { groups: integers(shape[0]!, groups, count), whole: integers(...shape), parameter: integers(...parameter) },
    nodes: [
      reshape("weights", "inputs.1", "parameter", "weights"),
      reshape("biases", "inputs.2", "parameter", "biases"),
      reshape("group", "inputs.0", "groups", "grouped"),
      ...standardize({ input: "grouped", output: "standardized", axes: rangeOf(2, 3), count, epsilon, centered: true }),
      ...(perGroup ? affine("standardized", "shifted") : []),
      reshape("ungroup", perGroup ? "shifted" : "standardized", "whole", perGroup ? "outputs.0" : "ungrouped"),
      ...(perGroup ? [] : affine("ungrouped", "outputs.0")),
    ],
  };
}
