import type { IrNode } from "./ir.js";
import type { Vocabulary } from "./vocabulary.js";

/** Mean and variance of each channel, and how many numbers each of them is of: the same for all instances. */
export interface BatchMoments {
  /** [channels]. */
  readonly mean: IrNode;
  /** [channels]: the mean square of the distance from the mean. */
  readonly variance: IrNode;
  /** A scalar: instances times elements of a channel. */
  readonly count: IrNode;
}

/** Over all instances and all axes but the one of channels. */
export function batchMoments(t: Vocabulary, x: IrNode, channels: number): BatchMoments {
  const axes = x.shape.flatMap((_, axis) => (axis === channels ? [] : [axis]));
  const size = x.shape[channels]!;
  const total = (part: IrNode): IrNode => t.sumHidden(t.sum(part, axes), { instances: true, rows: false });
  const elements = x.shape.reduce((product, length) => product * length, 1) / size;
  const count = t.sumHidden(t.spread(t.full([], elements), x), { instances: true, rows: false });
  const mean = t.div(total(x), count);
  const perChannel = t.reshape(
    mean,
    x.shape.map((_, axis) => (axis === channels ? size : 1)),
  );
  return { mean, variance: t.div(total(t.square(t.sub(x, perChannel))), count), count };
}
