import { expect } from "chai";
import fc from "fast-check";
import type { Bounds, BoundOptions, Graph, GraphNode, LirpaError } from "@lirpa/core";
import type { HostTensor } from "@lirpa/core/plugin";
import { createLirpa, lp, perturbed, type Lirpa } from "lirpa";
import { graph, randomTensor, referenceLirpa, sampleBox, seeded, tensor } from "./graphs.js";

const METHODS = ["ibp", "crown-ibp", "crown", "forward", "forward+crown", "alpha-crown"];
const WIDTH = 3;
/** What lies beyond is not asked of samples: float32 itself has no such numbers. */
const LARGEST = 1e37;

/** Writes a network of vectors of three elements, step by step. */
class Sketch {
  readonly nodes: [string, string[], string[], GraphNode["attributes"]?][] = [];
  readonly stored: Record<string, HostTensor> = {};
  at = "x";
  before = "x";
  private count = 0;

  constructor(readonly random: () => number) {}

  store(value: HostTensor): string {
    const name = `c${this.count++}`;
    this.stored[name] = value;
    return name;
  }

  vector(values: readonly number[]): string {
    return this.store(tensor([1, WIDTH], values));
  }

  node(type: string, inputs: string[], attributes: GraphNode["attributes"] = {}): string {
    const name = `v${this.count++}`;
    this.nodes.push([type, inputs, [name], attributes]);
    return name;
  }

  step(type: string, inputs: string[] = [], attributes: GraphNode["attributes"] = {}): void {
    this.before = this.at;
    this.at = this.node(type, [this.at, ...inputs], attributes);
  }

  gemm(scale: number, alpha = 1): void {
    const weights = randomTensor([WIDTH, WIDTH], this.random, scale);
    if (this.random() > 0) weights.data[Math.floor((this.random() + 1) * 4)] = 0;
    this.step("Gemm", [this.store(weights), this.store(randomTensor([WIDTH], this.random))], { alpha });
  }
}

/** Steps that leave float32, or meet what has left it. */
const STEPS: Readonly<Record<string, (sketch: Sketch) => void>> = {
  gemm: (s) => s.gemm(1),
  large: (s) => s.gemm(1e30),
  small: (s) => s.gemm(1e-30),
  alpha: (s) => s.gemm(1, -1e38),
  beta: (s) => s.gemm(1, 1e38),
  exp: (s) => s.step("Exp"),
  reciprocal: (s) => s.step("Reciprocal"),
  relu: (s) => s.step("Relu"),
  tanh: (s) => s.step("Tanh"),
  sigmoid: (s) => s.step("Sigmoid"),
  abs: (s) => s.step("Abs"),
  neg: (s) => s.step("Neg"),
  clip: (s) => s.step("Clip", [s.store(tensor([], [-2])), s.store(tensor([], [3]))]),
  square: (s) => s.step("Mul", [s.at]),
  product: (s) => s.step("Mul", [s.before]),
  quotient: (s) => s.step("Div", [s.before]),
  difference: (s) => s.step("Sub", [s.before]),
  masked: (s) => s.step("Add", [s.vector([0, -Infinity, 0])]),
  chosen: (s) => {
    const mask = s.store(tensor([1, WIDTH], [0, 1, 0], "bool"));
    s.before = s.at;
    s.at = s.node("Where", [mask, s.vector([-Infinity, -Infinity, -Infinity]), s.at]);
  },
  softmax: (s) => s.step("Softmax", [], { axis: -1 }),
  byHand: (s) => {
    const raised = s.node("Exp", [s.at]);
    const sum = s.node("ReduceSum", [raised, s.store(tensor([1], [1], "int"))], { keepdims: 1 });
    s.before = s.at;
    s.at = s.node("Div", [raised, sum]);
  },
  joined: (s) => {
    const joined = s.node("Concat", [s.at, s.before], { axis: 1 });
    const ints = (values: number[]): string => s.store(tensor([values.length], values, "int"));
    s.before = s.at;
    s.at = s.node("Slice", [joined, ints([2]), ints([5]), ints([1])]);
  },
  summed: (s) => {
    const sum = s.node("ReduceSum", [s.at, s.store(tensor([1], [1], "int"))], { keepdims: 1 });
    s.step("Add", [sum]);
  },
  greatest: (s) => s.step("Max", [s.before]),
  most: (s) => {
    const most = s.node("ReduceMax", [s.at], { axes: [1], keepdims: 1 });
    s.step("Sub", [most]);
  },
  pooled: (s) => {
    const image = s.node("Reshape", [s.at, s.store(tensor([3], [1, 1, WIDTH], "int"))]);
    const pooled = s.node("MaxPool", [image], { kernel_shape: [2], pads: [0, 1] });
    s.before = s.at;
    s.at = s.node("Reshape", [pooled, s.store(tensor([2], [1, WIDTH], "int"))]);
  },
};

function sketch(steps: readonly string[], seed: number): Graph {
  const sketched = new Sketch(seeded(seed));
  for (const step of steps) STEPS[step]!(sketched);
  return graph({ x: [1, WIDTH] }, sketched.stored, sketched.nodes, [sketched.at]);
}

/** An end is a number or infinite on its own side, and the ends are in order. */
function expectEnds({ lower, upper }: Pick<Bounds, "lower" | "upper">, what: string): void {
  lower.forEach((low, i) => {
    const ends = `${what}: [${low}, ${upper[i]}] at ${i}`;
    expect(low <= upper[i]!, ends).to.equal(true);
    expect(low < Infinity && upper[i]! > -Infinity, ends).to.equal(true);
  });
}

function expectInside(
  { lower, upper }: Bounds,
  sampled: { lower: readonly number[]; upper: readonly number[] },
  what: string,
): void {
  const isAsked = (value: number): boolean => Math.abs(value) < LARGEST;
  sampled.lower.forEach((least, i) => {
    const slack = (value: number): number => 1e-3 * (1 + Math.abs(value));
    if (isAsked(least)) expect(lower[i]!, `${what}: lower ${i}`).to.be.at.most(least + slack(least));
    const most = sampled.upper[i]!;
    if (isAsked(most)) expect(upper[i]!, `${what}: upper ${i}`).to.be.at.least(most - slack(most));
  });
}

describe("values without bounds", function () {
  this.timeout(180_000);
  let lirpa: Lirpa;
  before(async () => void (lirpa = await createLirpa({ project: false })));
  after(() => lirpa.dispose());

  const bounds = (of: Graph, center: number[], eps: number, options: BoundOptions): Promise<Bounds> =>
    lirpa.model(of).bounds({ x: perturbed(center, lp({ norm: Infinity, eps })) }, options);

  it("give numbers or ends that are infinite on their own side, and exclude no value, by any method", async () => {
    const names = fc.constantFrom(...Object.keys(STEPS));
    const draws = fc.tuple(
      fc.array(names, { minLength: 2, maxLength: 5 }),
      fc.integer({ min: 0, max: 999 }),
      fc.constantFrom(0.01, 0.3, 2, 50),
    );
    await fc.assert(
      fc.asyncProperty(draws, async ([steps, seed, eps]) => {
        const drawn = sketch(steps, seed);
        const random = seeded(seed + 1);
        const center = Array.from({ length: WIDTH }, random);
        const exact = referenceLirpa().model(drawn);
        const evaluate = async (point: Record<string, number[]>): Promise<ArrayLike<number>> =>
          (await exact.forward(point))[drawn.outputs[0]!]!.data;
        const sampled = await sampleBox(evaluate, { x: { center, radius: eps } }, 24, random);
        for (const method of METHODS) {
          const found = await bounds(drawn, center, eps, {
            method,
            methodOptions: { "alpha-crown": { iterations: 3 } },
          });
          const what = `${steps.join(" ")} seed ${seed} eps ${eps} by ${method}`;
          expectEnds(found, what);
          expectInside(found, sampled, what);
        }
      }),
      { numRuns: Number(process.env["RUNS"] ?? 15), seed: Number(process.env["SEED"] ?? 11) },
    );
  });

  /** Four instances of which the second one's reciprocal is around its pole. */
  const poles: Graph = graph(
    { x: [1, 2] },
    { w: tensor([2, 2], [1, -1, 0.5, 0.25]), v: tensor([2, 3], [1, 0, 2, 0, 1, 0.5]) },
    [
      ["Reciprocal", ["x"], ["r"]],
      ["MatMul", ["r", "w"], ["h"]],
      ["Relu", ["h"], ["a"]],
      ["MatMul", ["a", "v"], ["y"]],
    ],
    ["y"],
  );
  const centers = [1, 2, 0, 2, 3, 4, -2, 1.5];

  it("leave other instances as they are bounded alone, by any method", async () => {
    for (const method of METHODS) {
      const all = await bounds(poles, centers, 0.25, { method });
      for (const instance of [0, 1, 2, 3]) {
        const alone = await bounds(poles, centers.slice(2 * instance, 2 * instance + 2), 0.25, { method });
        for (const i of [0, 1, 2]) {
          const what = `${method} instance ${instance} at ${i}`;
          expect(Number.isFinite(all.upper[3 * instance + i]!), what).to.equal(instance !== 1);
          if (instance === 1) continue;
          expect(all.lower[3 * instance + i], what).to.be.closeTo(alone.lower[i]!, 1e-4);
          expect(all.upper[3 * instance + i], what).to.be.closeTo(alone.upper[i]!, 1e-4);
        }
      }
    }
  });

  it("leave other rows as they are, by any method, in parts too", async () => {
    // The second element is around the pole: only what reads it is without bounds.
    const apart = graph(
      { x: [1, 2] },
      { v: tensor([2, 3], [1, 0, 2, 0, 1, 0.5]) },
      [
        ["Reciprocal", ["x"], ["r"]],
        ["MatMul", ["r", "v"], ["y"]],
      ],
      ["y"],
    );
    const spec = [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ];
    for (const method of METHODS) {
      for (const options of [{}, { spec }]) {
        const { lower, upper } = await bounds(apart, [1, 0], 0.5, { method, ...options });
        const what = `${method} ${Object.keys(options)}`;
        expect(lower[0], what).to.be.within(0.3, 2 / 3 + 1e-5);
        expect(upper[0], what).to.be.within(2 - 1e-5, 2.7);
        expect([lower[1], upper[1], lower[2], upper[2]], what).to.deep.equal([
          -Infinity,
          Infinity,
          -Infinity,
          Infinity,
        ]);
      }
    }
  });

  it("keep what an operator knows of any input", async () => {
    const tanh = graph(
      { x: [1, 1] },
      {},
      [
        ["Reciprocal", ["x"], ["r"]],
        ["Tanh", ["r"], ["y"]],
      ],
      ["y"],
    );
    const relu = graph(
      { x: [1, 1] },
      {},
      [
        ["Reciprocal", ["x"], ["r"]],
        ["Relu", ["r"], ["y"]],
      ],
      ["y"],
    );
    for (const method of METHODS) {
      const squashed = await bounds(tanh, [0.25], 1, { method });
      expect([squashed.lower[0], squashed.upper[0]], method).to.deep.equal([-1, 1]);
      const positive = await bounds(relu, [0.25], 1, { method });
      expect([positive.lower[0], positive.upper[0]], method).to.deep.equal([0, Infinity]);
    }
  });

  it("are found in stages of a small budget, and in chunks", async () => {
    const random = seeded(3);
    const [inputs, width] = [8, 48];
    const steps: [string, string[], string[]][] = [
      ["Gemm", ["x", "w0"], ["g"]],
      ["Reciprocal", ["g"], ["r"]],
      ["Gemm", ["r", "w1"], ["h"]],
      ["Tanh", ["h"], ["a"]],
      ["Gemm", ["a", "w2"], ["y"]],
    ];
    const sizes = [
      [inputs, width],
      [width, width],
      [width, 3],
    ];
    const deep = graph(
      { x: [1, inputs] },
      Object.fromEntries(sizes.map((shape, i) => [`w${i}`, randomTensor(shape, random)])),
      steps,
      ["y"],
    );
    const center = Array.from({ length: 2 * inputs }, random);
    for (const method of ["crown", "crown-ibp", "ibp"]) {
      const whole = await bounds(deep, center, 0.2, { method });
      expectEnds(whole, method);
      for (const memory of [60_000, 120_000, 400_000]) {
        const parts = await bounds(deep, center, 0.2, { method, memory }).catch(
          (error: unknown) => error as LirpaError,
        );
        if (parts instanceof Error) {
          expect(parts.code).to.equal("LIRPA_MEMORY");
          continue;
        }
        expectEnds(parts, `${method} in ${memory} bytes`);
        whole.lower.forEach((low, i) =>
          expect(parts.lower[i]!, `${method} in ${memory} bytes`).to.be.at.most(low + 1e-3),
        );
      }
    }
  });

  for (const alpha of [1e38, -1e38]) {
    it(`are no ends on the wrong side of a Gemm with alpha ${alpha}`, async () => {
      const steep = graph(
        { x: [1, 2] },
        { w: tensor([2, 2], [10, -10, 20, 5]) },
        [["Gemm", ["x", "w"], ["y"], { alpha }]],
        ["y"],
      );
      for (const method of METHODS) {
        const found = await bounds(steep, [1, 2], 0.25, { method });
        expectEnds(found, method);
        expect([...found.lower, ...found.upper], method).to.deep.equal([-Infinity, -Infinity, Infinity, Infinity]);
      }
    });
  }

  it("are no matter for nearly a point: its ends are in order", async () => {
    const random = seeded(9);
    const plain = graph(
      { x: [1, 3] },
      { w: randomTensor([3, 64], random, 30), v: randomTensor([64, 3], random, 30) },
      [
        ["MatMul", ["x", "w"], ["h"]],
        ["Relu", ["h"], ["a"]],
        ["MatMul", ["a", "v"], ["y"]],
      ],
      ["y"],
    );
    for (const method of METHODS)
      for (const eps of [0, 1e-7, 1e-6]) {
        const found = await bounds(plain, [1.3, -0.7, 0.9], eps, { method });
        expectEnds(found, `${method} eps ${eps}`);
        expect(found.upper.every(Number.isFinite), `${method} eps ${eps}`).to.equal(true);
      }
  });
});
