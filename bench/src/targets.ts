/** How many times as fast as the peer a method is to be, by case and method. */
const trained = { ibp: 6, "crown-ibp": 4, crown: 2 } as const;
const unstable = { crown: 4 } as const;

const targets: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  mnist: trained, "mnist-16": trained, cifar: trained, "cifar-16": trained,
  "mnist-random": unstable, "mnist-random-16": unstable,
};

export function targetOf(caseName: string, method: string): number | undefined {
  return targets[caseName]?.[method];
}

/** `met`, `missed`, or `-` where there is nothing to reach or nobody to compare with. */
export function verdict(target: number | undefined, ratio: number | undefined): string {
  if (target === undefined || ratio === undefined) return "-";
  return ratio >= target ? "met" : "missed";
}
