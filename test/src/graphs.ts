import { composeLirpa as compose, type Graph, type GraphNode, type Lirpa } from "@lirpa/core";
import type { Executor } from "@lirpa/core/recording";
import type { HostTensor, Plugin } from "@lirpa/core/plugin";
import { referenceExecutor } from "@lirpa/executor-reference";
import { standardPlugins } from "lirpa";

/** A tensor of given numbers. */
export function tensor(
  shape: readonly number[],
  data: readonly number[],
  dtype: HostTensor["dtype"] = "float",
): HostTensor {
  return { shape, dtype, data: Float64Array.from(data) };
}

/** Numbers in [−1, 1), the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed * 2654435761 + 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

export function randomTensor(shape: readonly number[], random: () => number, scale = 1): HostTensor {
  return tensor(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random() * scale),
  );
}

type NodeSketch = readonly [
  type: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes?: GraphNode["attributes"],
  domain?: string,
];

/** A small graph: one shape per input, nodes in order. */
export function graph(
  inputs: Readonly<Record<string, readonly number[]>>,
  initializers: Readonly<Record<string, HostTensor>>,
  nodes: readonly NodeSketch[],
  outputs: readonly string[],
): Graph {
  return {
    name: "test",
    inputs: Object.entries(inputs).map(([name, shape]) => ({ name, shape, dtype: "float" })),
    outputs,
    initializers: new Map(Object.entries(initializers)),
    nodes: nodes.map(([type, from, to, attributes = {}, domain = ""], i) => ({
      name: `${type}_${i}`,
      type,
      domain,
      inputs: from,
      outputs: to,
      attributes,
    })),
    opsets: new Map([["", 17]]),
  };
}

/** lirpa with the standard packs in float64, and what a test adds. */
export function referenceLirpa(plugins: readonly Plugin[] = [], executor: Executor = referenceExecutor()): Lirpa {
  return compose({ plugins: [...standardPlugins, ...plugins], executor });
}

export interface Sampled {
  readonly lower: readonly number[];
  readonly upper: readonly number[];
}

/** The least and greatest outputs over points of a box: corners, edges and inner ones. */
export async function sampleBox(
  evaluate: (point: Record<string, number[]>) => Promise<ArrayLike<number>>,
  box: Readonly<Record<string, { readonly center: readonly number[]; readonly radius: number }>>,
  count: number,
  random: () => number,
): Promise<Sampled> {
  let lower: number[] = [];
  let upper: number[] = [];
  for (let i = 0; i < count; i++) {
    const share = (): number =>
      i % 3 === 0 ? Math.sign(random()) : i % 3 === 1 ? random() : Math.max(-1, Math.min(1, 3 * random()));
    const point = Object.fromEntries(
      Object.entries(box).map(([name, { center, radius }]) => [name, center.map((c) => c + radius * share())]),
    );
    const output = Array.from(await evaluate(point));
    lower = output.map((value, j) => Math.min(value, lower[j] ?? Infinity));
    upper = output.map((value, j) => Math.max(value, upper[j] ?? -Infinity));
  }
  return { lower, upper };
}
