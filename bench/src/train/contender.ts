import type { HostTensor } from "lirpa";
import type { Batch } from "./batch.js";
import type { Training } from "./step.js";

export interface TrainCase extends Training {
  readonly name: string;
  readonly data: Batch;
  readonly seed: number;
}

/** Some steps one after the other: seconds and loss of each. */
export interface Steps {
  readonly seconds: readonly number[];
  readonly losses: readonly number[];
}

/** Values by parameter name. */
export type Values = Readonly<Record<string, ArrayLike<number>>>;

/** Where training stands. */
export interface State {
  /** Also the running statistics of batch normalization. */
  readonly parameters: Values;
  /** Adam's first moments. */
  readonly moments: Values;
}

/** One side of a race of training steps. */
export interface Trainer {
  /** Seconds until the first step may start. */
  load(trainCase: TrainCase, parameters: ReadonlyMap<string, HostTensor>): Promise<number>;
  /** Steps from where the last ones ended, all on the same batch. */
  run(times: number): Promise<Steps>;
  state(): Promise<State>;
  close(): Promise<void>;
}
