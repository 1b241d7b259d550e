import { existsSync, rmSync } from "node:fs";
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { PerturbationQuery } from "@lirpa/core/plugin";
import { uniform } from "./random.js";
import { withRandomWeights } from "./random-weights.js";
import type { Ends } from "./statistics.js";

/** A model and a query, as both sides get them. */
export interface BenchCase {
  readonly name: string;
  readonly model: string;
  readonly inputs: readonly CaseInput[];
  readonly spec: readonly (readonly number[])[];
  readonly instances: number;
  /** Bounds of the first instance by the peer in float64, by method. */
  readonly known: Readonly<Record<string, Ends>>;
  /** Outputs that were reached by samples: a bound that excludes one is wrong. */
  readonly sampled: Ends | undefined;
}

export interface CaseInput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly center: readonly number[];
  readonly perturbation: PerturbationQuery;
}

interface Recipe {
  readonly golden: string;
  readonly instances: number;
  readonly random?: { readonly eps: number };
}

const MNIST = "models/mnist_cnn_small-image0-linf-0.03";
const CIFAR = "models/cifar_2c2f-image0-linf-0.0078";

const recipes: Readonly<Record<string, Recipe>> = {
  mnist: { golden: MNIST, instances: 1 },
  "mnist-16": { golden: MNIST, instances: 16 },
  "mnist-random": { golden: MNIST, instances: 1, random: { eps: 0.1 } },
  "mnist-random-16": { golden: MNIST, instances: 16, random: { eps: 0.1 } },
  cifar: { golden: CIFAR, instances: 1 },
  "cifar-16": { golden: CIFAR, instances: 16 },
};

export const caseNames: readonly string[] = Object.keys(recipes);

export function sharedFolder(): string | undefined {
  const folder = resolve(process.env["LIRPA_SHARED"] ?? fileURLToPath(new URL("../../../shared", import.meta.url)));
  return existsSync(join(folder, "goldens")) ? folder : undefined;
}

interface Golden {
  readonly inputs: readonly CaseInput[];
  readonly spec: readonly (readonly number[])[];
  readonly methods: Readonly<Record<string, Ends>>;
  readonly reference: { readonly sampledLower: readonly number[]; readonly sampledUpper: readonly number[] };
}

export async function loadCase(name: string, shared: string, seed: number): Promise<BenchCase> {
  const recipe = recipes[name]!;
  const folder = join(shared, "goldens", recipe.golden);
  const golden = JSON.parse(await readFile(join(folder, "case.json"), "utf8")) as Golden;
  const random = uniform(seed);
  const stored = join(folder, "model.onnx");
  const common = {
    name,
    spec: golden.spec,
    instances: recipe.instances,
    inputs: golden.inputs.map((input) => ({
      ...input,
      center: instancesOf(input.center, recipe.instances, random),
      perturbation: recipe.random === undefined ? input.perturbation : { type: "linf", eps: recipe.random.eps },
    })),
  };
  if (recipe.random === undefined) {
    const { sampledLower: lower, sampledUpper: upper } = golden.reference;
    return { ...common, model: stored, known: golden.methods, sampled: { lower, upper } };
  }
  const temporary = await mkdtemp(join(tmpdir(), "lirpa-bench-"));
  process.once("exit", () => rmSync(temporary, { recursive: true, force: true }));
  const model = join(temporary, "model.onnx");
  await withRandomWeights(stored, model, uniform(seed));
  return { ...common, model, known: {}, sampled: undefined };
}

/** The image itself, then copies of it with some noise: other instances, about as many unstable neurons. */
function instancesOf(center: readonly number[], instances: number, random: () => number): number[] {
  return Array.from({ length: instances }, (_, i) =>
    center.map((value) => (i === 0 ? value : Math.fround(value + (random() - 0.5) / 25))),
  ).flat();
}
