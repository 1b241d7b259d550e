import {
  adam, adamStart, makeProgram, vjp, Vocabulary,
  type Carry, type Feeds, type HostTensor, type IrNode, type Program, type Shape,
} from "@lirpa/core";
import { logitBounds, logits, PARAMETERS, type Parameters } from "./network.js";

export const BATCH = 100;
const NAMES: readonly string[] = Object.keys(PARAMETERS);

/** A state before the first step: parameters and Adam's moments. */
export function initialState(parameters: Parameters<HostTensor>): Feeds {
  const values = Object.fromEntries(NAMES.map((name) => [name, fed(parameters[name]!.shape, parameters[name]!.data)]));
  return { ...values, ...adamStart(values) };
}

/** An array as programs take it: with hidden axes of one instance and one row. */
export function fed(shape: Shape, data: HostTensor["data"]): HostTensor {
  return { shape: [1, 1, ...shape], dtype: "float", data };
}

/** A program that is run on its own results. */
export interface TrainingStep {
  /** Gives `loss` and `natural`; fed with a batch, `eps`, `mix` and `adamFeeds`. */
  readonly program: Program;
  readonly carry: Carry;
}

/**
 * One step of training on one batch: loss, gradients and Adam in one program.
 *
 * The loss is that of Gowal et al., "On the Effectiveness of Interval Bound Propagation for Training Verifiably Robust
 * Models" (2018), §3: the cross-entropy of the logits, mixed with that of the worst logits that interval bounds allow.
 */
export function trainingStep(): TrainingStep {
  const t = new Vocabulary();
  const input = (name: string, shape: Shape): IrNode =>
    t.input({ name, shape, dtype: "float", instances: false, rows: undefined });
  const values: Parameters<IrNode> = Object.fromEntries(NAMES.map((name) => [name, input(name, PARAMETERS[name]!)]));
  const [images, labels] = [input("images", [BATCH, 1, 28, 28]), input("labels", [BATCH, 10])];
  const [eps, mix] = [input("eps", []), input("mix", [])];

  const { lower, upper } = logitBounds(t, images, eps, values);
  const worst = t.where(t.greater(labels, 0.5), lower, upper);
  const natural = crossEntropy(t, logits(t, images, values), labels);
  const loss = t.add(t.mul(t.sub(1, mix), natural), t.mul(mix, crossEntropy(t, worst, labels)));

  const gradients = vjp(t, [loss], [t.full([], 1)], NAMES.map((name) => values[name]!));
  const variables = NAMES.map((name, i) => ({ input: values[name]!, gradient: gradients[i]! }));
  const { outputs, carry } = adam(t, variables);
  return { program: makeProgram("training step", { loss, natural, ...outputs }), carry };
}

function crossEntropy(t: Vocabulary, scores: IrNode, labels: IrNode): IrNode {
  const shifted = t.sub(scores, t.stopGradient(t.reduceMax(scores, [1], true)));
  const logSum = t.log(t.sum(t.exp(shifted), [1]));
  return t.mean(t.sub(logSum, t.sum(t.mul(shifted, labels), [1])));
}
