import { adamConstants } from "@lirpa/core/recording";
import { alternate, type AlternateOptions } from "../alternate.js";
import { summarize, type Summary } from "../statistics.js";
import type { State, Steps, Trainer, Values } from "./contender.js";

export interface TrainSide {
  readonly seconds: Summary;
  /** The first step, after loading. */
  readonly first: number;
  /** Of the first step and of the last, which both sides took after as many. */
  readonly losses: readonly [number, number];
  readonly times: readonly number[];
}

/** How far both sides are apart after their first step, from the same parameters. */
export interface FirstStep {
  /** Relative to the loss. */
  readonly loss: number;
  /** The greatest difference of a gradient, relative to the greatest gradient of that parameter. */
  readonly gradient: number;
  /** The greatest difference of a running statistic of batch normalization. */
  readonly statistics: number;
}

export interface TrainResult {
  readonly ours: TrainSide;
  readonly peer?: TrainSide;
  /** The peer's median by ours. */
  readonly ratio?: number;
  readonly apart?: FirstStep;
}

/** Times training steps on both sides, which have loaded the same case, after looking at what the first step gave. */
export async function raceSteps(
  ours: Trainer,
  peer: Trainer | undefined,
  options: AlternateOptions,
): Promise<TrainResult> {
  const trainers = peer === undefined ? [ours] : [ours, peer];
  const firsts: Steps[] = [];
  const states: State[] = [];
  for (const trainer of trainers) {
    firsts.push(await trainer.run(1));
    states.push(await trainer.state());
  }
  const results = await alternate<Steps>(
    trainers.map((trainer) => (times) => trainer.run(times)),
    options,
  );
  const [mine, theirs] = results.map(({ times, last }, i): TrainSide => ({
    seconds: summarize(times),
    first: firsts[i]!.seconds[0]!,
    losses: [firsts[i]!.losses[0]!, last.losses.at(-1)!],
    times,
  }));
  if (theirs === undefined) return { ours: mine! };
  const loss = Math.abs(mine!.losses[0] - theirs.losses[0]) / theirs.losses[0];
  return {
    ours: mine!,
    peer: theirs,
    ratio: theirs.seconds.median / mine!.seconds.median,
    apart: { loss, ...differences(states[0]!, states[1]!) },
  };
}

function differences(ours: State, peer: State): Pick<FirstStep, "gradient" | "statistics"> {
  const gradients = Object.keys(ours.moments).map((name) => {
    const [mine, theirs] = [firstGradient(ours.moments[name]!), firstGradient(peer.moments[name]!)];
    return greatest(mine, theirs) / greatest(theirs, new Float64Array(theirs.length));
  });
  const statistics = Object.keys(ours.parameters)
    .filter((name) => !(name in ours.moments))
    .map((name) => greatest(valuesOf(ours.parameters, name), valuesOf(peer.parameters, name)));
  return { gradient: Math.max(...gradients), statistics: Math.max(...statistics) };
}

/** The gradient of the first step: until then the moment was zero. */
export function firstGradient(moment: ArrayLike<number>): Float64Array {
  return Float64Array.from(moment, (value) => value / (1 - adamConstants.first));
}

function valuesOf(values: Values, name: string): ArrayLike<number> {
  const found = values[name];
  if (found === undefined) throw new Error(`one side has no ${name}`);
  return found;
}

function greatest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}
