import {
  attributeError,
  defineOperator,
  float,
  int,
  integers,
  shapeError,
  showShape,
  sizeOf,
  type AttributeContext,
  type Operator,
  type Subgraph,
  type SubgraphNode,
} from "@lirpa/core/plugin";
import { scaleAndShift, standardize } from "./standardize.js";

interface GroupNormalizationAttributes {
  readonly groups: number;
  /** Scale and bias have one entry for each group (opset 18 to 20) rather than for each channel. */
  readonly perGroup: boolean;
  readonly epsilon: number;
}

const INSTANCE = ["input", "scale", "B"] as const;
const GROUP = ["X", "scale", "bias"] as const;
type Operands = AttributeContext<typeof INSTANCE | typeof GROUP>;

/** Each channel of each batch entry standardized over its spatial axes. */
export const instanceNormalization: Operator = defineOperator({
  type: "InstanceNormalization",
  sinceVersion: 6,
  kind: "composite",
  inputs: INSTANCE,
  attributes: { epsilon: float(1e-5) },
  derive: ({ epsilon }, context) => ({ groups: sizesOfImages(context)[1], perGroup: false, epsilon }),
  expand: grouped,
});

/** Groups of channels of each batch entry standardized together. */
export const groupNormalization: Operator = defineOperator({
  type: "GroupNormalization",
  sinceVersion: 18,
  kind: "composite",
  inputs: GROUP,
  attributes: {
    epsilon: float(1e-5),
    num_groups: int().atLeast(1),
    // The type in which mean and deviation are computed.
    stash_type: int(1),
  },
  derive: ({ epsilon, num_groups: groups }, context) => {
    const [, channels] = sizesOfImages(context);
    if (channels % groups !== 0) {
      throw attributeError(`${context.node}: ${channels} channels do not form ${groups} groups`, {
        hint: "num_groups must divide the number of channels.",
      });
    }
    return { groups, perGroup: context.opset < 21, epsilon };
  },
  expand: grouped,
});

function sizesOfImages({
  node,
  shapes: [x],
}: Operands): readonly [batch: number, channels: number, ...sizes: number[]] {
  const [batch, channels, ...sizes] = x;
  if (batch === undefined || channels === undefined || sizes.length === 0) {
    throw shapeError(`${node}: its operand ${showShape(x)} needs batch, channels and one spatial axis or more`);
  }
  return [batch, channels, ...sizes];
}

/** The channels of a group and their spatial axes become one axis, and after standardizing again what they were. */
function grouped({ groups, perGroup, epsilon }: GroupNormalizationAttributes, context: Operands): Subgraph {
  const [batch, channels, ...sizes] = sizesOfImages(context);
  const [shape, ...parameters] = context.shapes;
  const count = sizeOf(shape) / (batch * groups);
  const length = perGroup ? groups : channels;
  const parameter = [length, ...(perGroup ? [1] : sizes.map(() => 1))];
  for (const given of parameters) {
    if (given.length === 1 && given[0] === length) continue;
    throw shapeError(`${context.node}: a parameter has the shape ${showShape(given)}; it must be [${length}]`);
  }
  const reshape = (name: string, input: string, to: string, output: string): SubgraphNode => ({
    name,
    type: "Reshape",
    inputs: [input, to],
    outputs: [output],
  });
  const affine = (input: string, output: string): readonly SubgraphNode[] =>
    scaleAndShift(input, output, "weights", "biases");
  return {
    constants: { groups: integers(batch, groups, count), whole: integers(...shape), parameter: integers(...parameter) },
    nodes: [
      reshape("weights", "inputs.1", "parameter", "weights"),
      reshape("biases", "inputs.2", "parameter", "biases"),
      reshape("group", "inputs.0", "groups", "grouped"),
      ...standardize({ input: "grouped", output: "standardized", axes: [2], count, epsilon, centered: true }),
      ...(perGroup ? affine("standardized", "shifted") : []),
      reshape("ungroup", perGroup ? "shifted" : "standardized", "whole", perGroup ? "outputs.0" : "ungrouped"),
      ...(perGroup ? [] : affine("ungrouped", "outputs.0")),
    ],
  };
}
