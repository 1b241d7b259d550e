import { batchMoments, substitute, type BatchMoments, type IrNode, type Vocabulary } from "@lirpa/core/recording";
import { names, normalization } from "./network.js";

/** What batch normalization does in training. */
export interface TrainingStatistics {
  /** The batch's own statistics by the parameters that they stand in for. */
  readonly instead: ReadonlyMap<IrNode, IrNode>;
  /** The statistics that inference will use, moved toward the batch's, by the parameters' names. */
  readonly running: Readonly<Record<string, IrNode>>;
}

/**
 * Batch normalization trains with the statistics of the images themselves, not of the sets around them: of what each
 * convolution gives for them, which in turn depends on the statistics of the layers before.
 */
export function trainingStatistics(
  t: Vocabulary,
  clean: Readonly<Record<string, IrNode>>,
  parameter: (name: string) => IrNode,
  layers: number,
): TrainingStatistics {
  const instead = new Map<IrNode, IrNode>();
  const running: Record<string, IrNode> = {};
  for (let layer = 0; layer < layers; layer++) {
    const [convolved] = substitute(t, [clean[names.convolved(layer)]!], instead);
    const moments = batchMoments(t, convolved!, 1);
    const [mean, variance] = [names.mean(layer), names.variance(layer)];
    running[mean] = moved(t, parameter(mean), moments.mean);
    running[variance] = moved(t, parameter(variance), unbiased(t, moments));
    instead.set(parameter(mean), moments.mean).set(parameter(variance), moments.variance);
  }
  return { instead, running };
}

function moved(t: Vocabulary, before: IrNode, now: IrNode): IrNode {
  const { momentum } = normalization;
  return t.add(t.mul(before, 1 - momentum), t.mul(now, momentum));
}

function unbiased(t: Vocabulary, { variance, count }: BatchMoments): IrNode {
  return t.mul(variance, t.div(count, t.sub(count, 1)));
}
