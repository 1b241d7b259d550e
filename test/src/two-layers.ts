import { isLirpaError, type BoundInput, type Graph, type Lirpa } from "@lirpa/core";
import { lp, perturbed } from "lirpa";
import { graph, randomTensor, seeded } from "./graphs.js";

// A network of two hidden layers, so that intermediate bounds matter, wide enough that unstable rows are selected.

const random = seeded(11);
export const WIDTH = 24;
export const center: readonly number[] = [0.2, -0.3, 0.5];

export const net: Graph = graph(
  { x: [1, 3] },
  {
    w1: randomTensor([3, WIDTH], random),
    b1: randomTensor([WIDTH], random),
    w2: randomTensor([WIDTH, WIDTH], random),
    w3: randomTensor([WIDTH, 2], random),
  },
  [
    ["MatMul", ["x", "w1"], ["m1"]],
    ["Add", ["m1", "b1"], ["z1"]],
    ["Relu", ["z1"], ["r1"]],
    ["MatMul", ["r1", "w2"], ["z2"]],
    ["Relu", ["z2"], ["r2"]],
    ["MatMul", ["r2", "w3"], ["y"]],
  ],
  ["y"],
);

/** The center with a ball around it. */
export const query = (eps = 0.4): { readonly x: BoundInput } => ({ x: perturbed(center, lp({ norm: Infinity, eps })) });

/** Points of the ball of radius 0.4, and what the network gives there. */
export async function samples(
  lirpa: Lirpa,
  count: number,
): Promise<{ readonly x: number[]; readonly y: number[]; readonly z2: number[] }[]> {
  const shown = lirpa.model({ ...net, outputs: ["y", "z2"] });
  const points = Array.from({ length: count }, () => center.map((middle) => middle + 0.4 * random()));
  const { y, z2 } = await shown.forward({ x: points.flat() });
  return points.map((x, i) => ({
    x,
    y: [...y!.data.subarray(2 * i, 2 * i + 2)],
    z2: [...z2!.data.subarray(WIDTH * i, WIDTH * (i + 1))],
  }));
}

/** The code of the error that some work ends in, or "given". */
export async function refused(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (isLirpaError(error)) return error.code;
    throw error;
  }
  return "given";
}
