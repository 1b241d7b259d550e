import type { SubgraphNode } from "@lirpa/core/plugin";

export interface Standardization {
  /** The value to standardize and the name of the result. */
  readonly input: string;
  readonly output: string;
  readonly axes: readonly number[];
  /** The number of elements that the axes hold. */
  readonly count: number;
  readonly epsilon: number;
  /** The mean is taken away first. */
  readonly centered: boolean;
}

/**
 * (x − mean) / √(mean of squares + ε). Of n centred numbers none exceeds √(n − 1) times their root mean square (the
 * others' squares are least where they are equal), of any n numbers none √n times. The mean and the inverse deviation
 * are called `mean` and `inverse`.
 */
export function standardize({
  input,
  output,
  axes,
  count,
  epsilon,
  centered,
}: Standardization): readonly SubgraphNode[] {
  const over = { axes: [...axes], keepdims: 1 };
  const center = centered ? "centered" : input;
  return [
    ...(centered
      ? [
          { name: "mean", type: "ReduceMean", inputs: [input], outputs: ["mean"], attributes: over },
          { name: "center", type: "Sub", inputs: [input, "mean"], outputs: ["centered"] },
        ]
      : []),
    { name: "square", type: "Square", domain: "lirpa", inputs: [center], outputs: ["squares"] },
    { name: "variance", type: "ReduceMean", inputs: ["squares"], outputs: ["variance"], attributes: over },
    {
      name: "inverse",
      type: "InverseDeviation",
      domain: "lirpa",
      inputs: ["variance"],
      outputs: ["inverse"],
      attributes: { epsilon },
    },
    { name: "quotient", type: "Mul", inputs: [center, "inverse"], outputs: ["quotient"] },
    {
      name: "standardized",
      type: "Standardized",
      domain: "lirpa",
      inputs: ["quotient"],
      outputs: [output],
      attributes: { bound: Math.sqrt(Math.max(0, count - Number(centered))) },
    },
  ];
}

/** Nodes that multiply by a scale and add a bias, where they are there. */
export function scaleAndShift(
  input: string,
  output: string,
  scale: string | undefined,
  bias: string | undefined,
): readonly SubgraphNode[] {
  if (scale === undefined)
    return bias === undefined ? [] : [{ name: "shift", type: "Add", inputs: [input, bias], outputs: [output] }];
  if (bias === undefined) return [{ name: "scale", type: "Mul", inputs: [input, scale], outputs: [output] }];
  return [
    { name: "scale", type: "Mul", inputs: [input, scale], outputs: ["scaled"] },
    { name: "shift", type: "Add", inputs: ["scaled", bias], outputs: [output] },
  ];
}
