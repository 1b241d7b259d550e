import type { HostTensor } from "lirpa";
import { PeerProcess, type PeerPlace } from "../peer-process.js";
import { marginRows } from "./batch.js";
import type { State, Steps, TrainCase, Trainer } from "./contender.js";
import { kernel, normalization } from "./network.js";

/** The same steps by auto_LiRPA and PyTorch's Adam. */
export class PeerTrainer implements Trainer {
  private readonly process: PeerProcess;

  constructor(place: PeerPlace, threads: number) {
    this.process = new PeerProcess(place, "train.py", threads);
  }

  get versions(): Readonly<Record<string, unknown>> {
    return this.process.versions;
  }

  load(
    { architecture, eps, rate, data: { images, labels } }: TrainCase,
    parameters: ReadonlyMap<string, HostTensor>,
  ): Promise<number> {
    return this.process.load({
      architecture,
      layer: { ...kernel, ...normalization },
      parameters: Object.fromEntries(Array.from(parameters, ([name, { data }]) => [name, Array.from(data)])),
      images: Array.from(images),
      labels,
      rows: marginRows(labels, architecture.classes).flat(2),
      eps,
      rate,
    });
  }

  run(times: number): Promise<Steps> {
    return this.process.ask<Steps>({ run: { times } });
  }

  state(): Promise<State> {
    return this.process.ask<State>({ state: {} });
  }

  close(): Promise<void> {
    return this.process.close();
  }
}
