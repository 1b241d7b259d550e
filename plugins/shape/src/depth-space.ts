import { defineOperator, int, oneOf, shapeError, showShape, type Operator, type Tensor } from "@lirpa/core/plugin";

/** Spreads channels over blocks of pixels. */
export const depthToSpace: Operator = defineOperator({
  type: "DepthToSpace",
  sinceVersion: 1,
  kind: "linear",
  inputs: ["input"],
  nonnegative: true,
  attributes: {
    blocksize: int().atLeast(1),
    // "CRD": a block's elements are next to each other in the channels, "DCR": the channels of one element are.
    mode: oneOf(["DCR", "CRD"], "DCR"),
  },
  forward: ({ t, attributes: { blocksize: block, mode }, node }, x) => {
    const [batch, channels, height, width] = imageSizes(node, x);
    const depth = channels / (block * block);
    if (!Number.isInteger(depth)) throw misfit(node, x, block);
    const apart =
      mode === "DCR" ? [batch, block, block, depth, height, width] : [batch, depth, block, block, height, width];
    const order = mode === "DCR" ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3];
    return t.reshape(t.transpose(t.reshape(x, apart), order), [batch, depth, height * block, width * block]);
  },
});

/** Collects blocks of pixels into channels. */
export const spaceToDepth: Operator = defineOperator({
  type: "SpaceToDepth",
  sinceVersion: 1,
  kind: "linear",
  inputs: ["input"],
  nonnegative: true,
  attributes: { blocksize: int().atLeast(1) },
  forward: ({ t, attributes: { blocksize: block }, node }, x) => {
    const [batch, channels, height, width] = imageSizes(node, x);
    const [rows, columns] = [height / block, width / block];
    if (!Number.isInteger(rows) || !Number.isInteger(columns)) throw misfit(node, x, block);
    const apart = t.reshape(x, [batch, channels, rows, block, columns, block]);
    return t.reshape(t.transpose(apart, [0, 3, 5, 1, 2, 4]), [batch, channels * block * block, rows, columns]);
  },
});

function imageSizes(node: string, { shape }: Tensor): readonly [number, number, number, number] {
  const [batch, channels, height, width, ...others] = shape;
  if (
    batch === undefined ||
    channels === undefined ||
    height === undefined ||
    width === undefined ||
    others.length > 0
  ) {
    throw shapeError(`${node}: ${showShape(shape)} is not a batch of images`, {
      hint: "Its axes are batch, channel, height, width.",
    });
  }
  return [batch, channels, height, width];
}

function misfit(node: string, { shape }: Tensor, block: number) {
  return shapeError(`${node}: ${showShape(shape)} does not divide into blocks of ${block} by ${block}`, {
    hint: "Sizes must be multiples of the block's.",
  });
}
