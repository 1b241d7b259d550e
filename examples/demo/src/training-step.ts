import { adam, adamStart, extendProgram, partsOf, portName, vjp } from "@lirpa/core/recording";
import type { Carry, Feeds, IrNode, Program, Vocabulary } from "@lirpa/core/recording";
import type { HostTensor, Shape } from "@lirpa/core/plugin";
import { lp, type Lirpa } from "lirpa";
import { network, PARAMETERS, type Parameters } from "./network.js";

const NAMES: readonly string[] = Object.keys(PARAMETERS);

/** A program that is run on its own results. */
export interface TrainingStep {
  /** Gives `loss` and `natural`. */
  readonly program: Program;
  readonly carry: Carry;
  /** Parameters and Adam's moments before the first step. */
  readonly start: Feeds;
  /** What a step is fed with, besides `adamFeeds`: images, the classes that they show, a radius and a weight. */
  batch(images: Float32Array, labels: readonly number[], eps: number, mix: number): Feeds;
  /** The parameters in the state of a loop, by the inputs that hold them. */
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * One step of training on one batch: bounds, loss, gradients and Adam in one program. Each image is an instance.
 *
 * The loss is that of Gowal et al., "On the Effectiveness of Interval Bound Propagation for Training Verifiably Robust
 * Models" (2018), §3: the cross-entropy of the logits, mixed with that of the worst logits that interval bounds allow.
 */
export function trainingStep(lirpa: Lirpa, initial: Parameters): TrainingStep {
  // The radius is fed in each step: what counts here is the kind of ball.
  const ball = lp({ norm: Infinity, eps: 0 });
  const prepared = lirpa.model(network(initial)).prepare({ inputs: { image: ball }, method: "ibp", parameters: NAMES });
  const bounds = prepared.program();
  const images = portName(bounds.inputs, { is: "center", of: "image" });
  const radius = portName(bounds.inputs, { is: "set", of: "image", field: "eps" });
  const parameters = Object.fromEntries(
    NAMES.map((name) => [name, portName(bounds.inputs, { is: "fixed", of: name })]),
  );
  let carry: Carry = {};
  const program = extendProgram(bounds, "training step", (t, { inputs, outputs }) => {
    const labels = t.input({ name: "labels", shape: [1, 10], dtype: "float", instances: true, rows: undefined });
    const mix = t.input({ name: "mix", shape: [], dtype: "float", instances: false, rows: undefined });
    const worst = t.where(t.greater(labels, 0.5), outputs["lower"]!, outputs["upper"]!);
    const natural = crossEntropy(t, partsOf(prepared.clean()).outputs["logits"]!, labels);
    const loss = t.add(t.mul(t.sub(1, mix), natural), t.mul(mix, crossEntropy(t, worst, labels)));
    const variables = NAMES.map((name) => inputs[parameters[name]!]!);
    const gradients = vjp(t, [loss], [t.full([], 1)], variables);
    const next = adam(
      t,
      variables.map((input, i) => ({ input, gradient: gradients[i]! })),
    );
    carry = next.carry;
    return { loss, natural, ...next.outputs };
  });
  const values = Object.fromEntries(
    NAMES.map((name) => [parameters[name]!, fed(PARAMETERS[name]!, initial[name]!.data)]),
  );
  return {
    program,
    carry,
    parameters,
    start: { ...values, ...adamStart(values) },
    batch: (pixels, classes, eps, mix) => ({
      [images]: perInstance(classes.length, [1, 1, 28, 28], pixels),
      labels: perInstance(classes.length, [1, 10], oneHot(classes)),
      [radius]: fed([], Float32Array.of(eps)),
      mix: fed([], Float32Array.of(mix)),
    }),
  };
}

/** An array that all instances share, as programs take it: with hidden axes of one instance and one row. */
export function fed(shape: Shape, data: HostTensor["data"]): HostTensor {
  return { shape: [1, 1, ...shape], dtype: "float", data };
}

function perInstance(count: number, shape: Shape, data: HostTensor["data"]): HostTensor {
  return { shape: [count, 1, ...shape], dtype: "float", data };
}

function oneHot(classes: readonly number[]): Float32Array {
  const data = new Float32Array(classes.length * 10);
  classes.forEach((label, i) => (data[10 * i + label] = 1));
  return data;
}

/** On average over the instances. */
function crossEntropy(t: Vocabulary, scores: IrNode, labels: IrNode): IrNode {
  const shifted = t.sub(scores, t.stopGradient(t.reduceMax(scores, [1], true)));
  const losses = t.sub(t.log(t.sum(t.exp(shifted))), t.sum(t.mul(shifted, labels)));
  const instances = { instances: true, rows: false };
  return t.div(t.sumHidden(losses, instances), t.sumHidden(t.spread(t.full([], 1), losses), instances));
}
