import { expect } from "chai";
import { defaultRelax, evaluate, Vocabulary, vjp, type HostTensor, type IrNode } from "@lirpa/core";
import { defineOperator, type Interval, type Lines, type Operator, type TensorOps } from "@lirpa/core/plugin";
import activation from "@lirpa/plugin-activation";

const relu = activation.operators.find(({ type }) => type === "Relu")!;

/** A stranger's operator: it marks its free slope and knows nothing of who chooses it. */
const softThreshold: Operator = defineOperator({
  type: "HalfRelu", domain: "example", sinceVersion: 1, kind: "elementwise", inputs: ["X"], monotone: "increasing",
  forward: ({ t }, x) => t.mul(0.5, t.relu(x)),
  relax: ({ t }, { lower, upper }): Lines => {
    const above = t.relu(upper);
    const below = t.min(lower, 0);
    const slope = t.mul(0.5, t.div(above, t.max(t.sub(above, below), 1e-30)));
    const max = t.where(t.lessEqual(upper, 0), 0, 0.5);
    const min = t.where(t.greaterEqual(lower, 0), 0.5, 0);
    return { lower: { slope: t.free(min, min, max), intercept: 0 }, upper: { slope, intercept: t.neg(t.mul(slope, below)) } };
  },
});

describe("probe: a relaxation's free value, optimized by gradient steps", () => {
  for (const operator of [relu, softThreshold]) {
    it(`finds a tighter lower bound of a sum of ${operator.type}s, and every step is sound`, () => {
      const history = optimize(operator, 60);
      expect(history[history.length - 1]!.bound).to.be.greaterThan(history[0]!.bound + 0.05);
      for (const { bound, truth } of history) expect(bound).to.be.at.most(truth + 1e-12);
    });
  }
});

/** Lower bounds of w · f(A x) over a box as the slopes follow their gradients. */
function optimize(operator: Operator, steps: number): { bound: number; truth: number }[] {
  if (operator.kind !== "elementwise") throw new Error("not elementwise");
  const slopes: IrNode[] = [];
  const t = new Vocabulary().with({
    free: (v, value, min, max) => {
      const variable = v.input({ name: `free${slopes.length}`, shape: value.shape, dtype: "float", instances: false, rows: undefined });
      slopes.push(variable);
      return v.add(min, v.mul(variable, v.sub(max, min)));
    },
  });
  const a = t.constant([1, 1, 1, -1, -0.5, 1], [3, 2]);
  const weights = t.constant([1, 1, -1], [3]);
  const reach = t.sum(t.abs(a), [1]);
  const center = t.constant([0.1, -0.2, 0.15], [3]);
  const interval: Interval = { lower: t.sub(center, reach), upper: t.add(center, reach) };
  const lines = defaultRelax(operator.relax)({ t, attributes: {}, node: "f" }, interval);
  const positive = t.relu(weights);
  const negative = t.min(weights, 0);
  const line = (of: (which: "slope" | "intercept") => IrNode): IrNode => of("slope");
  const slope = line(() => t.add(t.mul(positive, lines.lower.slope), t.mul(negative, lines.upper.slope)));
  const bias = t.add(t.dot(positive, t.expand(lines.lower.intercept, [3])), t.dot(negative, t.expand(lines.upper.intercept, [3])));
  const form = t.reshape(t.matmul(t.reshape(slope, [1, 3]), a), [2]);
  const bound = t.sub(t.add(t.add(t.dot(slope, center), bias), 0), t.sum(t.abs(form)));
  const gradients = vjp(t, [bound], [t.full([], 1)], slopes).map((g) => g!);
  let values = slopes.map(({ shape }) => new Float64Array(shape.reduce((x, y) => x * y, 1)).fill(operator === relu ? 0.9 : 0.1));
  const truth = leastValue(t, operator, a, center);
  const history: { bound: number; truth: number }[] = [];
  for (let step = 0; step < steps; step++) {
    const feeds = Object.fromEntries(slopes.map((s, i): [string, HostTensor] => [`free${i}`, { shape: [1, 1, ...s.shape], dtype: "float", data: values[i]! }]));
    const [value, ...g] = evaluate([bound, ...gradients], feeds);
    history.push({ bound: value!.data[0]!, truth });
    values = values.map((old, i) => old.map((v, j) => Math.min(1, Math.max(0, v + 0.05 * Math.sign(g[i]!.data[j]!)))));
  }
  return history;
}

/** The least value of w · f(A x + c) on a grid over the box. */
function leastValue(t: TensorOps, operator: Operator, a: IrNode, center: IrNode): number {
  if (operator.kind !== "elementwise") throw new Error("not elementwise");
  let least = Infinity;
  for (let x = -1; x <= 1; x += 0.05) {
    for (let y = -1; y <= 1; y += 0.05) {
      const z = t.add(t.reshape(t.matmul(a, t.constant([x, y], [2, 1])), [3]), center);
      const f = operator.forward({ t, attributes: {}, node: "f" }, z) as IrNode;
      const [value] = evaluate([t.dot(f, t.constant([1, 1, -1], [3])) as IrNode], {});
      least = Math.min(least, value!.data[0]!);
    }
  }
  return least;
}
