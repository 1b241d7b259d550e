import { makeProgram, vjp, Vocabulary, type HostTensor, type IrNode, type Program, type Shape } from "@lirpa/core";
import { logitBounds, logits, PARAMETERS, type Parameters } from "./network.js";

export const BATCH = 100;
const BETAS = { mean: 0.9, square: 0.999 } as const;
const NAMES: readonly string[] = Object.keys(PARAMETERS);

/** What a step reads and gives back: each parameter with Adam's two running means, `value conv1.weight`, … */
export type TrainingState = Readonly<Record<string, HostTensor>>;

/** A state before the first step. */
export function initialState(parameters: Parameters<HostTensor>): TrainingState {
  return Object.fromEntries(NAMES.flatMap((name) => {
    const { shape, data } = parameters[name]!;
    const zeros = new Float32Array(data.length);
    return [[`value ${name}`, fed(shape, data)], [`mean ${name}`, fed(shape, zeros)], [`square ${name}`, fed(shape, zeros)]];
  }));
}

/** An array as programs take it: with hidden axes of one instance and one row. */
export function fed(shape: Shape, data: HostTensor["data"]): HostTensor {
  return { shape: [1, 1, ...shape], dtype: "float", data };
}

/** The state after a step, from the program's outputs. */
export function nextState(outputs: Readonly<Record<string, HostTensor>>): TrainingState {
  const next = Object.entries(outputs).filter(([name]) => name.startsWith("next "));
  return Object.fromEntries(next.map(([name, value]) => [name.slice("next ".length), value]));
}

/**
 * One step of training on one batch: loss, gradients and Adam (Kingma & Ba 2015) in one program.
 *
 * The loss is that of Gowal et al., "On the Effectiveness of Interval Bound Propagation for Training Verifiably Robust
 * Models" (2018), §3: the cross-entropy of the logits, mixed with that of the worst logits that interval bounds allow.
 */
export function trainingStep(): Program {
  const t = new Vocabulary();
  const input = (name: string, shape: Shape): IrNode => t.input({ name, shape, dtype: "float", instances: false, rows: undefined });
  const inputs = (kind: string): Parameters<IrNode> => Object.fromEntries(NAMES.map((name) => [name, input(`${kind} ${name}`, PARAMETERS[name]!)]));
  const [values, means, squares] = [inputs("value"), inputs("mean"), inputs("square")];
  const [images, labels] = [input("images", [BATCH, 1, 28, 28]), input("labels", [BATCH, 10])];
  const [eps, mix, rate] = [input("eps", []), input("mix", []), input("rate", [])];

  const { lower, upper } = logitBounds(t, images, eps, values);
  const worst = t.where(t.greater(labels, 0.5), lower, upper);
  const natural = crossEntropy(t, logits(t, images, values), labels);
  const loss = t.add(t.mul(t.sub(1, mix), natural), t.mul(mix, crossEntropy(t, worst, labels)));

  const outputs: Record<string, IrNode> = { loss, natural };
  const gradients = vjp(t, [loss], [t.full([], 1)], NAMES.map((name) => values[name]!));
  for (const [i, name] of NAMES.entries()) {
    const gradient = gradients[i]!;
    const mean = t.add(t.mul(means[name]!, BETAS.mean), t.mul(gradient, 1 - BETAS.mean));
    const square = t.add(t.mul(squares[name]!, BETAS.square), t.mul(t.square(gradient), 1 - BETAS.square));
    const step = t.div(mean, t.add(t.sqrt(square), 1e-8));
    outputs[`next value ${name}`] = t.sub(values[name]!, t.mul(rate, step));
    outputs[`next mean ${name}`] = mean;
    outputs[`next square ${name}`] = square;
  }
  return makeProgram("training step", outputs);
}

/** The rate that makes up for running means that began at zero (Kingma & Ba 2015, §3). */
export function unbiasedRate(rate: number, step: number): number {
  return (rate * Math.sqrt(1 - BETAS.square ** step)) / (1 - BETAS.mean ** step);
}

function crossEntropy(t: Vocabulary, scores: IrNode, labels: IrNode): IrNode {
  const shifted = t.sub(scores, t.stopGradient(t.reduceMax(scores, [1], true)));
  const logSum = t.log(t.sum(t.exp(shifted), [1]));
  return t.mean(t.sub(logSum, t.sum(t.mul(shifted, labels), [1])));
}
