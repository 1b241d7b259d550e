import type { Feeds } from "../plugin/executor.js";
import type { HostTensor } from "../plugin/tensor.js";
import { LirpaError } from "../plugin/errors.js";
import type { IrNode } from "../tensor/ir.js";
import { inputOf } from "../tensor/primitives/leaves.js";
import type { Vocabulary } from "../tensor/vocabulary.js";
import { nextState, stateInput, type NextState } from "./state.js";

/** How much of the running means of gradients and of their squares stays in a step; what keeps a divisor from zero. */
export const adamConstants = { first: 0.9, second: 0.999, stabilizer: 1e-8 } as const;

/** What Adam's step is fed besides variables and their gradients. */
export const adamNames = {
  rate: "adam:rate",
  firstCorrection: "adam:first",
  secondCorrection: "adam:second",
  /** The running mean of a variable's gradients, and of their squares. */
  first: (variable: string): string => `${variable}:m`,
  second: (variable: string): string => `${variable}:v`,
} as const;

/** What an optimizer moves. */
export interface Variable {
  /** The input that holds it. */
  readonly input: IrNode;
  /** Of what is to become less, in the variable's shape. */
  readonly gradient: IrNode;
  /** Puts a value that a step moved back to where it may be: into an interval, say. */
  project?(t: Vocabulary, x: IrNode): IrNode;
}

/**
 * Records one step of Adam (Kingma and Ba 2015, "Adam: A Method for Stochastic Optimization") for some variables, each
 * of which is then projected. The next values and moments are outputs that are carried (`nextOf`). Fed besides:
 * `adamFeeds` in each step, `adamStart` before the first one. Throws `LIRPA_OPTION` for a variable that no input holds.
 */
export function adam(t: Vocabulary, variables: readonly Variable[]): NextState {
  const { first, second, stabilizer } = adamConstants;
  const scalar = (name: string): IrNode =>
    t.input({ name, shape: [], dtype: "float", instances: false, rows: undefined });
  const rate = scalar(adamNames.rate);
  const [ofFirst, ofSecond] = [scalar(adamNames.firstCorrection), scalar(adamNames.secondCorrection)];
  const next: Record<string, IrNode> = {};
  for (const { input, gradient, project } of variables) {
    const name = nameOf(input);
    const mean = (key: string, weight: number, now: IrNode): IrNode =>
      (next[key] = t.add(t.mul(stateInput(t, key, input), weight), t.mul(now, 1 - weight)));
    const m = mean(adamNames.first(name), first, gradient);
    const v = mean(adamNames.second(name), second, t.square(gradient));
    const length = t.add(t.sqrt(t.mul(v, ofSecond)), stabilizer);
    const moved = t.sub(input, t.mul(rate, t.div(t.mul(m, ofFirst), length)));
    next[name] = project?.(t, moved) ?? moved;
  }
  return nextState(next);
}

/**
 * What the step of a number is fed; the first one has the number 1. Corrections make up for moments that began at zero:
 * they are computed here, since powers lose digits in float32.
 */
export function adamFeeds(step: number, rate: number): Feeds {
  const { first, second } = adamConstants;
  return {
    [adamNames.rate]: number(rate),
    [adamNames.firstCorrection]: number(1 / (1 - first ** step)),
    [adamNames.secondCorrection]: number(1 / (1 - second ** step)),
  };
}

/** The moments before the first step: zeros, for each variable's own array by the name of its input. */
export function adamStart(variables: Feeds): Feeds {
  const moments = Object.entries(variables).flatMap(([name, { shape, data }]): [string, HostTensor][] => {
    const zeros: HostTensor = { shape, dtype: "float", data: new Float32Array(data.length) };
    return [
      [adamNames.first(name), zeros],
      [adamNames.second(name), zeros],
    ];
  });
  return Object.fromEntries(moments);
}

function nameOf(node: IrNode): string {
  const input = inputOf(node);
  if (input !== undefined) return input.name;
  throw new LirpaError("LIRPA_OPTION", `a variable is the result of ${node.primitive.name}`, {
    hint: "An optimizer moves inputs: what is fed, and fed anew in the next step.",
  });
}

function number(value: number): HostTensor {
  return { shape: [1, 1], dtype: "float", data: Float64Array.of(value) };
}
