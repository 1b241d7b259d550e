import { expect } from "chai";
import fc from "fast-check";
import {
  boundsByBackward,
  defineMethod,
  intervalBounds,
  recorded,
  type BackwardOptions,
  type BoundRun,
} from "@lirpa/core/recording";
import { composeLirpa } from "@lirpa/core";
import type { IrNode, Method } from "@lirpa/core/recording";
import type { Lirpa } from "@lirpa/core";
import { referenceExecutor } from "@lirpa/executor-reference";
import { lp, perturbed, standardPlugins } from "lirpa";
import { graph, randomTensor, seeded } from "./graphs.js";

const random = seeded(7);
const weights = {
  w: randomTensor([2, 4], random, 2),
  b: randomTensor([4], random),
  v: randomTensor([4, 1], random, 2),
};
/** z is read twice: by Relu, and by the sum. */
const net = graph(
  { x: [1, 2] },
  weights,
  [
    ["Gemm", ["x", "w", "b"], ["z"]],
    ["Relu", ["z"], ["r"]],
    ["Add", ["z", "r"], ["s"]],
    ["Gemm", ["s", "v"], ["y"]],
  ],
  ["y"],
);
const center = [0.2, -0.1];
const eps = 0.8;
const query = { x: perturbed(center, lp({ norm: Infinity, eps })) };

/** A method from outside: CROWN-IBP, and something done to coefficients on their way. */
function crownWith(name: string, at: (run: BoundRun) => BackwardOptions["at"]): Method {
  return defineMethod({
    name,
    description: "a method of a test",
    needs: "backward",
    ...recorded(name, {
      intermediate: intervalBounds,
      rows: (run, target, boundsOf) => boundsByBackward(run, target, boundsOf, { at: at(run)! }),
    }),
  });
}

function lirpaWith(method: Method): Lirpa {
  return composeLirpa({ plugins: standardPlugins, executor: referenceExecutor(), methods: [method] });
}

async function boundsWith(name: string, at: (run: BoundRun) => BackwardOptions["at"]): Promise<[number, number]> {
  const lirpa = lirpaWith(crownWith(name, at));
  const { lower, upper } = await lirpa.model(net).bounds(query, { method: name });
  await lirpa.dispose();
  return [lower[0]!, upper[0]!];
}

/** β·s·z at the pre-activation z: nothing is lost where s·z ≥ 0, which is what the constraint says. */
const withMultiplier =
  (neuron: number, sign: number, beta: number) =>
  ({ t }: BoundRun): BackwardOptions["at"] =>
  ({ name, shape }, { lower, upper }) => {
    if (name !== "z") return undefined;
    const one = [0, 1, 2, 3].map((at) => (at === neuron ? beta * sign : 0));
    const push: IrNode = t.constant({ shape, dtype: "float", data: Float64Array.from(one) });
    return { lower: t.sub(lower, push), upper: t.add(upper, push) };
  };

const pre = (x: readonly number[]): number[] =>
  [0, 1, 2, 3].map((j) => x[0]! * weights.w.data[j]! + x[1]! * weights.w.data[4 + j]! + weights.b.data[j]!);
const output = (x: readonly number[]): number =>
  pre(x).reduce((sum, z, j) => sum + (z + Math.max(z, 0)) * weights.v.data[j]!, 0);
const points = Array.from({ length: 2000 }, () => center.map((c) => c + eps * random()));

describe("a method that acts on coefficients on their way back", () => {
  it("adds multipliers of a split constraint, and stays sound where the constraint holds", async () => {
    const sides = fc.record({
      neuron: fc.integer({ min: 0, max: 3 }),
      sign: fc.constantFrom(-1, 1),
      beta: fc.double({ min: 0, max: 3, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(sides, async ({ neuron, sign, beta }) => {
        const [lower, upper] = await boundsWith("split", withMultiplier(neuron, sign, beta));
        const inside = points.filter((x) => sign * pre(x)[neuron]! >= 0).map(output);
        for (const y of inside) expect(y).to.be.within(lower - 1e-9, upper + 1e-9);
      }),
      { numRuns: 30 },
    );
  });

  it("tightens bounds by such a multiplier: without the constraint they need not hold", async () => {
    const [lower, upper] = await boundsWith("plain", () => undefined);
    for (const y of points.map(output)) expect(y).to.be.within(lower - 1e-9, upper + 1e-9);
    const splits = [0, 1, 2, 3].flatMap((neuron) =>
      [-1, 1].flatMap((sign) => [0.25, 2].map((beta) => ({ neuron, sign, beta }))),
    );
    const tried = await Promise.all(
      splits.map(({ neuron, sign, beta }) => boundsWith("split", withMultiplier(neuron, sign, beta))),
    );
    expect(Math.max(...tried.map(([bound]) => bound)), `above ${lower}`).to.be.greaterThan(lower + 0.1);
    const outside = tried.filter(([low, high]) => points.map(output).some((y) => y < low || y > high));
    expect(outside, "some split excludes points").to.not.have.length(0);
  });

  it("reads the sum once for each value, and each reader's share of it", async () => {
    const seen: string[] = [];
    let rest: IrNode | undefined;
    const method = defineMethod({
      name: "reading",
      description: "the coefficients at z less their shares",
      needs: "backward",
      ...recorded("reading", {
        intermediate: intervalBounds,
        rows: (run, target, boundsOf) => {
          const { t } = run;
          boundsByBackward(run, target, boundsOf, {
            at: ({ name }, pair, shares) => {
              seen.push(
                `${name}: ${shares
                  .map(({ reader }) => reader?.type ?? "target")
                  .sort()
                  .join(", ")}`,
              );
              if (name === "z")
                rest = shares.reduce((sum, share) => t.sub(sum, share.pair.lower), t.mul(pair.lower, 2));
              return undefined;
            },
          });
          return { lower: t.dot(rest!, t.full(rest!.shape, 1)), upper: t.dot(rest!, t.full(rest!.shape, 1)) };
        },
      }),
    });
    const lirpa = lirpaWith(method);
    const { lower } = await lirpa.model(net).bounds(query, { method: "reading", spec: [[1]] });
    await lirpa.dispose();
    expect(seen).to.deep.equal(["y: target", "s: Gemm", "r: Add", "z: Add, Relu", "x: Gemm"]);
    const whole = Array.from(weights.v.data).reduce((sum, v, j) => sum + v * (1 + slope(j)), 0);
    expect(lower[0]).to.be.closeTo(whole, 1e-9);
  });

  it("ends at a value, a source included", async () => {
    const ended = await boundsWith(
      "ending",
      ({ t }) =>
        ({ name }) =>
          name === "x" ? { bias: { lower: t.full([], -7), upper: t.full([], 7) } } : undefined,
    );
    const none = await boundsWith(
      "nothing",
      ({ t }) =>
        ({ name, shape }) =>
          name === "x" ? { lower: t.zeros(shape), upper: t.zeros(shape) } : undefined,
    );
    expect(ended[0]).to.be.closeTo(none[0] - 7, 1e-9);
    expect(ended[1]).to.be.closeTo(none[1] + 7, 1e-9);
  });
});

/** The slope of the line that a coefficient v meets at Relu for a lower bound, on z's interval. */
function slope(j: number): number {
  const middle = pre(center)[j]!;
  const reach = eps * (Math.abs(weights.w.data[j]!) + Math.abs(weights.w.data[4 + j]!));
  const [l, u] = [middle - reach, middle + reach];
  if (l >= 0) return 1;
  if (u <= 0) return 0;
  if (weights.v.data[j]! < 0) return u / (u - l);
  return u > -l ? 1 : 0;
}
