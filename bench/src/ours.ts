import {
  createLirpa,
  onnxRuntimeExecutor,
  perturbed,
  type BoundInput,
  type Bounds,
  type Lirpa,
  type Model,
  type Numbers,
} from "lirpa";
import type { BenchCase } from "./cases.js";
import type { Contender, Runs } from "./contender.js";
import { profile, type OperatorTime } from "./profile.js";

interface Loaded {
  readonly lirpa: Lirpa;
  readonly model: Model;
  readonly inputs: Readonly<Record<string, BoundInput>>;
  readonly spec: readonly Numbers[];
}

/** lirpa in this process, in ONNX Runtime. */
export class Ours implements Contender {
  private loaded: Loaded | undefined;

  constructor(private readonly threads: number) {}

  async load({ model, inputs, spec }: BenchCase): Promise<number> {
    await this.close();
    const start = performance.now();
    const lirpa = await createLirpa({ executor: onnxRuntimeExecutor({ threads: this.threads }) });
    this.loaded = {
      lirpa,
      model: await lirpa.load(model),
      inputs: Object.fromEntries(
        inputs.map(({ name, center, perturbation }) => [name, perturbed(Float32Array.from(center), perturbation)]),
      ),
      spec: spec.map((row) => Float32Array.from(row)),
    };
    return (performance.now() - start) / 1000;
  }

  async run(method: string, times: number): Promise<Runs> {
    const { model, inputs, spec } = this.loaded!;
    const seconds: number[] = [];
    let bounds: Bounds | undefined;
    for (let i = 0; i < times; i++) {
      const start = performance.now();
      bounds = await model.bounds(inputs, { method, spec });
      seconds.push((performance.now() - start) / 1000);
    }
    return { seconds, lower: bounds!.lower, upper: bounds!.upper };
  }

  /** Where the time of one run goes. */
  profile(method: string, runs: number): Promise<OperatorTime[]> {
    const { model, inputs, spec } = this.loaded!;
    const { program, feeds } = model.program(inputs, { method, spec });
    return profile(program, feeds, this.threads, runs);
  }

  async close(): Promise<void> {
    await this.loaded?.lirpa.dispose();
    this.loaded = undefined;
  }
}
