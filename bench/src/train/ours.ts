import { adamFeeds, adamNames, loopOf, type CompiledProgram, type Loop } from "@lirpa/core/recording";
import { createLirpa, onnxRuntimeExecutor, type HostTensor } from "lirpa";
import type { State, Steps, TrainCase, Trainer, Values } from "./contender.js";
import { recordStep, type Step } from "./step.js";

interface Loaded {
  readonly compiled: CompiledProgram;
  readonly loop: Loop;
  readonly step: Step;
  readonly rate: number;
  steps: number;
}

/** The compiled step in ONNX Runtime, in this process. */
export class OurTrainer implements Trainer {
  private loaded: Loaded | undefined;

  constructor(private readonly threads: number) {}

  async load(trainCase: TrainCase, parameters: ReadonlyMap<string, HostTensor>): Promise<number> {
    await this.close();
    const start = performance.now();
    const lirpa = await createLirpa();
    const step = recordStep(lirpa, trainCase, trainCase.data, parameters);
    const compiled = await onnxRuntimeExecutor({ threads: this.threads }).compile(step.program);
    await lirpa.dispose();
    const loop = loopOf(compiled, step.feeds, step.carry);
    this.loaded = { compiled, loop, step, rate: trainCase.rate, steps: 0 };
    return (performance.now() - start) / 1000;
  }

  async run(times: number): Promise<Steps> {
    const loaded = this.loaded!;
    const seconds: number[] = [];
    const losses: number[] = [];
    for (let i = 0; i < times; i++) {
      const start = performance.now();
      const { loss } = await loaded.loop.step(adamFeeds(++loaded.steps, loaded.rate));
      losses.push(loss!.data[0]!);
      seconds.push((performance.now() - start) / 1000);
    }
    return { seconds, losses };
  }

  async state(): Promise<State> {
    const {
      loop,
      step: { parameters, trained },
    } = this.loaded!;
    const values = async (names: readonly (readonly [name: string, input: string])[]): Promise<Values> => {
      const held = await loop.read(names.map(([, input]) => input));
      return Object.fromEntries(names.map(([name, input]) => [name, held[input]!.data]));
    };
    const moments = trained.map((name) => [name, adamNames.first(parameters.get(name)!)] as const);
    return { parameters: await values([...parameters]), moments: await values(moments) };
  }

  async close(): Promise<void> {
    await this.loaded?.loop.dispose();
    await this.loaded?.compiled.dispose();
    this.loaded = undefined;
  }
}
