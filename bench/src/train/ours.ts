import { createLirpa, onnxRuntimeExecutor, type CompiledProgram, type HostTensor } from "lirpa";
import type { State, Steps, TrainCase, Trainer, Values } from "./contender.js";
import { feedsOf, nextFeeds, recordStep, stepNames, type Feeds } from "./step.js";

interface Loaded {
  readonly compiled: CompiledProgram;
  readonly parameters: readonly string[];
  readonly trained: readonly string[];
  feeds: Feeds;
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
    const { program, feeds, trained } = recordStep(lirpa, trainCase, trainCase.data, parameters);
    const compiled = await onnxRuntimeExecutor({ threads: this.threads }).compile(program);
    await lirpa.dispose();
    this.loaded = { compiled, feeds, trained, parameters: [...parameters.keys()], steps: 0 };
    return (performance.now() - start) / 1000;
  }

  async run(times: number): Promise<Steps> {
    const loaded = this.loaded!;
    const seconds: number[] = [];
    const losses: number[] = [];
    for (let i = 0; i < times; i++) {
      const start = performance.now();
      const results = await loaded.compiled.run(feedsOf(loaded.feeds, ++loaded.steps));
      loaded.feeds = nextFeeds(loaded.feeds, results);
      losses.push(results["loss"]!.data[0]!);
      seconds.push((performance.now() - start) / 1000);
    }
    return { seconds, losses };
  }

  async state(): Promise<State> {
    const { feeds, parameters, trained } = this.loaded!;
    const values = (names: readonly string[], input: (name: string) => string): Values => Object.fromEntries(names.map((name) => [name, feeds[input(name)]!.data]));
    return { parameters: values(parameters, stepNames.parameter), moments: values(trained, stepNames.first) };
  }

  async close(): Promise<void> {
    await this.loaded?.compiled.dispose();
    this.loaded = undefined;
  }
}
