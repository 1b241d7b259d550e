import type { IrNode, Vocabulary } from "lirpa";
import { kernel, names, normalization } from "./network.js";

/** Mean and variance of each channel of one layer over all instances. */
export interface LayerStatistics {
  readonly mean: IrNode;
  readonly variance: IrNode;
  /** How many numbers of a channel there are. */
  readonly count: IrNode;
}

/** The statistics that batch normalization trains with: those of the images themselves, not of the sets around them. */
export function batchStatistics(t: Vocabulary, images: IrNode, parameter: (name: string) => IrNode, layers: number): LayerStatistics[] {
  const statistics: LayerStatistics[] = [];
  const options = { strides: [kernel.stride, kernel.stride], pads: new Array<number>(4).fill(kernel.padding), dilations: [1, 1], groups: 1 };
  let x = images;
  for (let layer = 0; layer < layers; layer++) {
    const y = t.conv(x, parameter(names.convolution(layer)), options);
    const own = statisticsOf(t, y);
    statistics.push(own);
    if (layer === layers - 1) break;
    const factor = t.div(parameter(names.scale(layer)), t.sqrt(t.add(own.variance, normalization.epsilon)));
    const centered = t.sub(y, perChannel(t, own.mean));
    x = t.relu(t.add(t.mul(centered, perChannel(t, factor)), perChannel(t, parameter(names.shift(layer)))));
  }
  return statistics;
}

function statisticsOf(t: Vocabulary, y: IrNode): LayerStatistics {
  const [, channels, ...spatial] = y.shape as [number, number, ...number[]];
  const overInstances = (x: IrNode): IrNode => t.sumHidden(x, { instances: true, rows: false });
  const count = overInstances(t.spread(t.full([], spatial.reduce((a, b) => a * b, 1)), y));
  const mean = t.div(overInstances(t.sum(y, [0, 2, 3])), count);
  const deviation = t.sub(y, t.reshape(mean, [1, channels, 1, 1]));
  return { mean, variance: t.div(overInstances(t.sum(t.square(deviation), [0, 2, 3])), count), count };
}

/** Running statistics as inference will use them, moved toward this batch's; the variance as an unbiased estimate. */
export function runningStatistics(t: Vocabulary, { mean, variance, count }: LayerStatistics, before: { readonly mean: IrNode; readonly variance: IrNode }): { readonly mean: IrNode; readonly variance: IrNode } {
  const { momentum } = normalization;
  const moved = (old: IrNode, now: IrNode): IrNode => t.add(t.mul(old, 1 - momentum), t.mul(now, momentum));
  return { mean: moved(before.mean, mean), variance: moved(before.variance, t.mul(variance, t.div(count, t.sub(count, 1)))) };
}

function perChannel(t: Vocabulary, x: IrNode): IrNode {
  return t.reshape(x, [1, x.shape[0]!, 1, 1]);
}
