import { makeBatch } from "./batch.js";
import type { TrainCase } from "./contender.js";
import type { Architecture } from "./network.js";

/** Images like those of MNIST. */
const SMALL: Architecture = { channels: 1, size: 28, convolutions: [16, 32], hidden: 100, classes: 10 };

const recipes = {
  "train-step": { architecture: SMALL, batch: 64, eps: 0.01, rate: 5e-4 },
} as const;

export const trainNames: readonly string[] = Object.keys(recipes);

export function trainCase(name: string, seed: number): TrainCase {
  const { batch, ...training } = recipes[name as keyof typeof recipes];
  return { ...training, name, data: makeBatch(training.architecture, batch, seed), seed };
}
