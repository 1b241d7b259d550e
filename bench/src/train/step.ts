import { lp, makeProgram, perturbed, vjp, Vocabulary, type HostTensor, type IrNode, type Lirpa, type Program } from "lirpa";
import { adam, corrections, type Rates } from "./adam.js";
import { marginRows, type Batch } from "./batch.js";
import { robustLoss } from "./loss.js";
import { marginGraph, names, trainedOf, type Architecture } from "./network.js";
import { recordedOf, substituted } from "./recorded.js";
import { batchStatistics, runningStatistics } from "./statistics.js";

export interface Training {
  readonly architecture: Architecture;
  /** Radius of the ball around each image. */
  readonly eps: number;
  /** Adam's learning rate. */
  readonly rate: number;
}

export type Feeds = Readonly<Record<string, HostTensor>>;

/** One program that is run once per step on its own results, and what to feed it first. */
export interface Step {
  /** Gives `loss` and, under `next:<input>`, all that the next step is fed instead. */
  readonly program: Program;
  readonly feeds: Feeds;
  /** Names of the parameters that gradients change. */
  readonly trained: readonly string[];
}

export const stepNames = {
  parameter: (name: string): string => `parameter:${name}`,
  first: (name: string): string => `first:${name}`,
  second: (name: string): string => `second:${name}`,
  next: (name: string): string => `next:${name}`,
} as const;

const RATE = "adam:rate";
const CORRECTIONS = ["adam:first", "adam:second"] as const;

/** Bounds of the margins, loss, gradients of all parameters and Adam's step, as one graph. */
export function recordStep(lirpa: Lirpa, { architecture, eps, rate }: Training, { images, labels }: Batch, initial: ReadonlyMap<string, HostTensor>): Step {
  const model = lirpa.model(marginGraph(architecture, initial));
  const inputs = { x: perturbed(images, lp({ norm: Infinity, eps })), rows: marginRows(labels, architecture.classes) };
  const { program, feeds } = model.program(inputs, { method: "crown-ibp", parameters: [...initial.keys()] });
  const recorded = recordedOf(program);
  const t = new Vocabulary();
  const parameter = (name: string): IrNode => recorded.inputs.get(stepNames.parameter(name))!;
  const outputs: Record<string, IrNode> = {};
  const give = (input: string, node: IrNode): void => void (outputs[stepNames.next(input)] = node);

  // The bounds take the statistics as parameters; in training they are the batch's own.
  const instead = new Map<IrNode, IrNode>();
  batchStatistics(t, recorded.inputs.get("center:x")!, parameter, architecture.convolutions.length).forEach((statistics, layer) => {
    const before = { mean: parameter(names.mean(layer)), variance: parameter(names.variance(layer)) };
    const running = runningStatistics(t, statistics, before);
    for (const key of ["mean", "variance"] as const) {
      instead.set(before[key], statistics[key]);
      give(stepNames.parameter(names[key](layer)), running[key]);
    }
  });
  const loss = robustLoss(t, substituted(t, recorded.outputs["lower"]!, instead));

  const trained = trainedOf(initial);
  const scalar = (name: string): IrNode => t.input({ name, shape: [], dtype: "float", instances: false, rows: undefined });
  const rates: Rates = { rate: scalar(RATE), firstCorrection: scalar(CORRECTIONS[0]), secondCorrection: scalar(CORRECTIONS[1]) };
  const gradients = vjp(t, [loss], [t.full([], 1)], trained.map(parameter));
  const moments: Record<string, HostTensor> = {};
  trained.forEach((name, i) => {
    const node = parameter(name);
    const gradient = gradients[i];
    if (gradient === undefined) throw new Error(`the loss does not depend on ${name}`);
    const moment = (key: string): IrNode => {
      moments[key] = { shape: [1, 1, ...node.shape], dtype: "float", data: new Float32Array(node.shape.reduce((a, b) => a * b, 1)) };
      return t.input({ name: key, shape: node.shape, dtype: "float", instances: false, rows: undefined });
    };
    const [first, second] = [stepNames.first(name), stepNames.second(name)];
    const next = adam(t, node, gradient, { first: moment(first), second: moment(second) }, rates);
    give(stepNames.parameter(name), next.parameter);
    give(first, next.first);
    give(second, next.second);
  });
  return { program: makeProgram("training:step", { loss, ...outputs }), feeds: { ...feeds, ...moments, [RATE]: number(rate) }, trained };
}

/** What the n-th step is fed: its state, and Adam's corrections. */
export function feedsOf(state: Feeds, n: number): Feeds {
  const [first, second] = corrections(n);
  return { ...state, [CORRECTIONS[0]]: number(first), [CORRECTIONS[1]]: number(second) };
}

/** The state after a step. */
export function nextFeeds(state: Feeds, results: Feeds): Feeds {
  return Object.fromEntries(Object.entries(state).map(([name, before]) => [name, results[stepNames.next(name)] ?? before]));
}

function number(value: number): HostTensor {
  return { shape: [1, 1], dtype: "float", data: Float32Array.of(value) };
}
