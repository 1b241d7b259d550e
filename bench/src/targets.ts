/** How many times as fast as the peer a method is to be, by case and method. */
const trained = { ibp: 6, "crown-ibp": 4, crown: 2 } as const;
const unstable = { crown: 4 } as const;

const targets: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  mnist: trained,
  "mnist-16": trained,
  cifar: trained,
  "cifar-16": trained,
  "mnist-random": unstable,
  "mnist-random-16": unstable,
};

export function targetOf(caseName: string, method: string): number | undefined {
  return targets[caseName]?.[method];
}

/** A share of blocks that may begin on busy cores before times say nothing. */
const TOLERATED = 0.1;

/** The blocks of runs of one row of a table. */
export interface Blocks {
  readonly blocks: number;
  /** Those that began while other processes kept the cores busy. */
  readonly busy: number;
}

export type Verdict = "met" | "missed" | "not judged" | "-";

/**
 * `-` where there is nothing to reach or nobody to compare with. Busy cores slow PyTorch's threads, which wait for each
 * other, many times more than ONNX Runtime's: such a ratio is shown but is no verdict.
 */
export function verdict(target: number | undefined, ratio: number | undefined, { blocks, busy }: Blocks): Verdict {
  if (target === undefined || ratio === undefined) return "-";
  if (busy > TOLERATED * blocks) return "not judged";
  return ratio >= target ? "met" : "missed";
}
