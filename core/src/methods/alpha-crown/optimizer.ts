import type { HostTensor } from "../../plugin/tensor.js";
import type { Optimization } from "./optimize.js";
import { stepInputs } from "./optimize.js";
import { memoryOf, type MemoryNeeds } from "../../run/memory.js";

/**
 * The learning rate and its decay per iteration; values are fractions of their ranges. Measured on the goldens: with the
 * peer's 0.5 and 0.98 sixteen of 79 cases ended more than 2 % looser than the peer's bounds, with these four.
 */
const [RATE, DECAY] = [0.3, 0.95];
const [FIRST_MOMENT, SECOND_MOMENT] = [0.9, 0.999];

type Feeds = Readonly<Record<string, HostTensor>>;
type Run = (part: "prepare" | "step", feeds: Feeds) => Promise<Record<string, HostTensor>>;

/** What running an optimization takes to know, so that nothing need be recorded where its programs are there. */
export interface OptimizationPlan {
  readonly variables: readonly string[];
  /** Of the program that prepares, and of the step. */
  readonly needs: readonly MemoryNeeds[];
}

export function planOf({ prepare, step, variables }: Optimization): OptimizationPlan {
  return { variables, needs: variables.length === 0 ? [] : [memoryOf(prepare), memoryOf(step)] };
}

/** Runs an optimization: prepares once, then steps. The best of each row is kept, first of all the bounds without optimization. */
export async function optimize(plan: OptimizationPlan, feeds: Feeds, iterations: number, run: Run): Promise<{ lower: HostTensor; upper: HostTensor }> {
  const prepared = await run("prepare", feeds);
  const state: Record<string, HostTensor> = { ...feeds, ...prepared };
  for (const name of plan.variables) {
    const { shape, data } = prepared[name]!;
    for (const moment of stepInputs.moments(name)) state[moment] = { shape, dtype: "float", data: new Float32Array(data.length) };
  }
  const scalar = (value: number): HostTensor => ({ shape: [1, 1], dtype: "float", data: Float64Array.of(value) });
  for (let i = 0; i < iterations; i++) {
    state[stepInputs.rate] = scalar(RATE * DECAY ** i);
    state[stepInputs.firstCorrection] = scalar(1 / (1 - FIRST_MOMENT ** (i + 1)));
    state[stepInputs.secondCorrection] = scalar(1 / (1 - SECOND_MOMENT ** (i + 1)));
    const { lower, upper, ...next } = await run("step", state);
    for (const [name, value] of Object.entries(next)) state[stepInputs.of(name)] = value;
    Object.assign(state, { [stepInputs.best("lower")]: lower, [stepInputs.best("upper")]: upper });
  }
  return { lower: state[stepInputs.best("lower")]!, upper: state[stepInputs.best("upper")]! };
}
