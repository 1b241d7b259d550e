import { uniform } from "../random.js";
import type { Architecture } from "./network.js";

/** Images one after the other, and the class of each. */
export interface Batch {
  readonly images: Float32Array;
  readonly labels: readonly number[];
}

/** Images in [0, 1] that can be told apart: a random picture for each class, half covered by noise. */
export function makeBatch({ channels, size, classes }: Architecture, count: number, seed: number): Batch {
  const random = uniform(seed);
  const pixels = channels * size * size;
  const pictures = Array.from({ length: classes }, () => Float32Array.from({ length: pixels }, random));
  const labels = Array.from({ length: count }, (_, i) => i % classes);
  const images = new Float32Array(count * pixels);
  labels.forEach((label, i) =>
    images.set(
      pictures[label]!.map((value) => (value + random()) / 2),
      i * pixels,
    ),
  );
  return { images, labels };
}

/** For each instance one row per wrong class: the label's logit less that class's. */
export function marginRows(labels: readonly number[], classes: number): number[][][] {
  return labels.map((label) => {
    const others = Array.from({ length: classes }, (_, other) => other).filter((other) => other !== label);
    return others.map((other) => Array.from({ length: classes }, (_, i) => Number(i === label) - Number(i === other)));
  });
}
