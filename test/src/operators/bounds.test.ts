import { expect } from "chai";
import fc from "fast-check";
import { lp, perturbed, type HostTensor, type Model } from "lirpa";
import { graph, randomTensor, referenceLirpa, seeded } from "../graphs.js";

type Shape = readonly number[];
type Node = Parameters<typeof graph>[2][number];
type Point = Readonly<Record<string, readonly number[]>>;

/** A small computation, its perturbed inputs and its stored parameters. The output is `y`. */
interface Sketch {
  readonly name: string;
  readonly inputs: Readonly<Record<string, Shape>>;
  readonly stored?: Readonly<Record<string, Shape>>;
  readonly nodes: readonly Node[];
  /** Stored values with absolute values at least 0.2: divisors and variances. */
  readonly positive?: readonly string[];
}

const METHODS = ["ibp", "crown-ibp", "crown"] as const;

const window = (attributes: NonNullable<Node[3]>): NonNullable<Node[3]> => attributes;
const one = (
  name: string,
  inputs: Sketch["inputs"],
  stored: NonNullable<Sketch["stored"]>,
  node: Node,
  positive: readonly string[] = [],
): Sketch => ({ name, inputs, stored, nodes: [node], positive });

const AFFINE: readonly Sketch[] = [
  one("Gemm with a stored matrix and bias", { x: [2, 3] }, { w: [3, 2], b: [2] }, ["Gemm", ["x", "w", "b"], ["y"]]),
  one("Gemm, transposed and scaled", { x: [3, 2] }, { w: [2, 3], b: [1, 2] }, [
    "Gemm",
    ["x", "w", "b"],
    ["y"],
    { transA: 1, transB: 1, alpha: -0.5, beta: 2 },
  ]),
  one("Gemm with a stored left factor", { x: [3, 2] }, { w: [2, 3] }, ["Gemm", ["w", "x"], ["y"]]),
  one("Gemm with a perturbed bias", { x: [2, 3], b: [2] }, { w: [3, 2] }, [
    "Gemm",
    ["x", "w", "b"],
    ["y"],
    { beta: -1 },
  ]),
  one("MatMul by a stored matrix", { x: [2, 1, 3] }, { w: [3, 2] }, ["MatMul", ["x", "w"], ["y"]]),
  one("MatMul of a stored batch", { x: [3] }, { w: [2, 2, 3] }, ["MatMul", ["w", "x"], ["y"]]),
  one("Mul by stored numbers", { x: [2, 1] }, { w: [3] }, ["Mul", ["w", "x"], ["y"]]),
  one("Add", { x: [2, 1], z: [3] }, {}, ["Add", ["x", "z"], ["y"]]),
  one("Sub", { x: [2, 1], z: [3] }, {}, ["Sub", ["x", "z"], ["y"]]),
  one("Sub from stored numbers", { x: [2, 2] }, { w: [2] }, ["Sub", ["w", "x"], ["y"]]),
  one("Sum of three", { x: [2, 1], z: [3] }, { w: [2, 3] }, ["Sum", ["x", "w", "z"], ["y"]]),
  one("Neg", { x: [2, 2] }, {}, ["Neg", ["x"], ["y"]]),
  one("Div by stored numbers", { x: [2, 3] }, { w: [3] }, ["Div", ["x", "w"], ["y"]], ["w"]),
  one(
    "BatchNormalization",
    { x: [2, 2, 2] },
    { s: [2], b: [2], m: [2], v: [2] },
    ["BatchNormalization", ["x", "s", "b", "m", "v"], ["y"]],
    ["v"],
  ),
  one("Dropout", { x: [3] }, {}, ["Dropout", ["x"], ["y"]]),
  one("Cast", { x: [3] }, {}, ["Cast", ["x"], ["y"], { to: 1 }]),
  one("Conv", { x: [1, 2, 5] }, { w: [2, 1, 3], b: [2] }, [
    "Conv",
    ["x", "w", "b"],
    ["y"],
    window({ group: 2, strides: [2], pads: [1, 1] }),
  ]),
  one("Conv over two axes", { x: [1, 1, 4, 3] }, { w: [2, 1, 2, 2] }, [
    "Conv",
    ["x", "w"],
    ["y"],
    window({ dilations: [2, 1], auto_pad: "NOTSET" }),
  ]),
  one("Conv of a stored image with a perturbed kernel", { x: [2, 2, 2], b: [2] }, { w: [1, 2, 4] }, [
    "Conv",
    ["w", "x", "b"],
    ["y"],
    window({ pads: [1, 0] }),
  ]),
  one("ConvTranspose", { x: [1, 2, 3] }, { w: [2, 2, 2], b: [2] }, [
    "ConvTranspose",
    ["x", "w", "b"],
    ["y"],
    window({ strides: [2], pads: [1, 0], output_padding: [1] }),
  ]),
  one("ConvTranspose of a stored image with a perturbed kernel", { x: [2, 1, 2] }, { w: [1, 2, 3] }, [
    "ConvTranspose",
    ["w", "x"],
    ["y"],
    window({ strides: [2] }),
  ]),
  one("AveragePool", { x: [1, 2, 5] }, {}, [
    "AveragePool",
    ["x"],
    ["y"],
    window({ kernel_shape: [3], strides: [2], pads: [1, 1], count_include_pad: 1 }),
  ]),
  one("AveragePool that counts what it sees", { x: [1, 1, 3, 3] }, {}, [
    "AveragePool",
    ["x"],
    ["y"],
    window({ kernel_shape: [2, 2], pads: [0, 1, 1, 0] }),
  ]),
  one("GlobalAveragePool", { x: [1, 2, 2, 2] }, {}, ["GlobalAveragePool", ["x"], ["y"]]),
  {
    name: "affine operators in a row",
    inputs: { x: [1, 1, 4] },
    stored: { w: [2, 1, 2], k: [2], v: [2, 3] },
    nodes: [
      ["Conv", ["x", "w"], ["a"], { strides: [2] }],
      ["Mul", ["a", "k"], ["b"]],
      ["Neg", ["b"], ["c"]],
      ["MatMul", ["c", "v"], ["d"]],
      ["Add", ["d", "d"], ["y"]],
    ],
  },
];

const PRODUCTS: readonly Sketch[] = [
  one("MatMul of two", { x: [2, 2], z: [2, 2] }, {}, ["MatMul", ["x", "z"], ["y"]]),
  one("MatMul of a batch and a matrix", { x: [2, 1, 2], z: [2, 1] }, {}, ["MatMul", ["x", "z"], ["y"]]),
  one("Gemm of three", { x: [2, 2], z: [2, 2], c: [2] }, {}, [
    "Gemm",
    ["x", "z", "c"],
    ["y"],
    { transB: 1, alpha: -2, beta: 0.5 },
  ]),
  one("Conv with a perturbed kernel and bias", { x: [1, 1, 4], z: [2, 1, 2], c: [2] }, {}, [
    "Conv",
    ["x", "z", "c"],
    ["y"],
    window({ pads: [1, 0], strides: [2] }),
  ]),
  one("Conv in groups with a perturbed kernel", { x: [1, 2, 3], z: [2, 1, 2] }, {}, [
    "Conv",
    ["x", "z"],
    ["y"],
    window({ group: 2, dilations: [2] }),
  ]),
  one("ConvTranspose with a perturbed kernel", { x: [1, 2, 2], z: [2, 1, 2] }, {}, [
    "ConvTranspose",
    ["x", "z"],
    ["y"],
    window({ strides: [2], pads: [0, 1], output_padding: [1] }),
  ]),
  {
    name: "a product of affine values",
    inputs: { x: [3] },
    stored: { a: [3, 3], b: [3] },
    nodes: [
      ["MatMul", ["x", "a"], ["p"]],
      ["Add", ["x", "b"], ["q"]],
      ["Mul", ["p", "q"], ["y"]],
    ],
  },
  {
    name: "a square of an affine value",
    inputs: { x: [3] },
    stored: { a: [3, 2] },
    nodes: [
      ["MatMul", ["x", "a"], ["p"]],
      ["Mul", ["p", "p"], ["y"]],
    ],
  },
];

const EXTREMES: readonly Sketch[] = [
  one("MaxPool", { x: [1, 2, 4] }, {}, ["MaxPool", ["x"], ["y"], window({ kernel_shape: [2], strides: [2] })]),
  one("MaxPool with overlap, padding and holes", { x: [1, 1, 6] }, {}, [
    "MaxPool",
    ["x"],
    ["y"],
    window({ kernel_shape: [3], dilations: [2], pads: [1, 1], ceil_mode: 1, strides: [2] }),
  ]),
  one("MaxPool over two axes", { x: [1, 1, 3, 3] }, {}, ["MaxPool", ["x"], ["y"], window({ kernel_shape: [2, 2] })]),
  one("GlobalMaxPool", { x: [1, 2, 2, 2] }, {}, ["GlobalMaxPool", ["x"], ["y"]]),
  {
    name: "MaxPool between convolutions",
    inputs: { x: [1, 1, 6] },
    stored: { w: [2, 1, 2], v: [2, 2, 2] },
    nodes: [
      ["Conv", ["x", "w"], ["a"]],
      ["Relu", ["a"], ["b"]],
      ["MaxPool", ["b"], ["c"], { kernel_shape: [2], strides: [1] }],
      ["Conv", ["c", "v"], ["y"]],
    ],
  },
];

/** Seeds and radii; of each law a few, the same in each run. */
const chances = fc.record({ seed: fc.integer({ min: 1, max: 10_000 }), radius: fc.constantFrom(0.01, 0.3, 1) });
const runs = { numRuns: 6, seed: 5 } as const;

describe("bounds of an affine operator", () => {
  for (const sketch of AFFINE) {
    it(`${sketch.name}: exactly the values at the worst corners`, async () => {
      await fc.assert(
        fc.asyncProperty(chances, async ({ seed, radius }) => {
          const { model, center } = problem(sketch, seed);
          const elements = Object.entries(center).flatMap(([name, values]) => values.map((_, i) => ({ name, i })));
          const moved = elements.map(({ name, i }): Point => ({
            ...center,
            [name]: center[name]!.map((value, j) => (j === i ? value + radius : value)),
          }));
          const [middle, ...others] = await valuesAt(model, [center, ...moved]);
          const reach = middle!.map((value, j) => others.reduce((sum, other) => sum + Math.abs(other[j]! - value), 0));
          for (const method of METHODS) {
            const { lower, upper } = await boundsOf(model, center, radius, method);
            middle!.forEach((value, j) => {
              expect(lower[j], `${method}, lower ${j}`).to.be.closeTo(value - reach[j]!, 1e-6);
              expect(upper[j], `${method}, upper ${j}`).to.be.closeTo(value + reach[j]!, 1e-6);
            });
          }
        }),
        runs,
      );
    });
  }
});

describe("bounds of a value minus itself", () => {
  it("are zero where coefficients are carried back", async () => {
    const { model, center } = problem(one("", { x: [3] }, {}, ["Sub", ["x", "x"], ["y"]]), 1);
    const { lower, upper } = await boundsOf(model, center, 0.5, "crown");
    expect([...lower, ...upper]).to.deep.equal([0, 0, 0, 0, 0, 0]);
  });
});

describe("bounds of products and extremes", () => {
  for (const sketch of [...PRODUCTS, ...EXTREMES]) {
    it(`${sketch.name}: no value lies outside`, async () => {
      await fc.assert(
        fc.asyncProperty(chances, async ({ seed, radius }) => {
          const { model, center } = problem(sketch, seed);
          const values = await valuesAt(model, points(center, radius, seeded(seed + 1)));
          const least = values[0]!.map((_, j) => Math.min(...values.map((value) => value[j]!)));
          const greatest = values[0]!.map((_, j) => Math.max(...values.map((value) => value[j]!)));
          for (const method of [...METHODS, "alpha-crown"]) {
            const { lower, upper } = await boundsOf(model, center, radius, method);
            least.forEach((value, j) => expect(lower[j], `${method}, lower ${j}`).to.be.at.most(value + 1e-6));
            greatest.forEach((value, j) => expect(upper[j], `${method}, upper ${j}`).to.be.at.least(value - 1e-6));
          }
        }),
        runs,
      );
    });
  }

  for (const [name, type, inputs] of [
    ["Mul of two", "Mul", ["x", "z"]],
    ["Mul of a value and itself", "Mul", ["x", "x"]],
  ] as const) {
    it(`${name}: the interval ends at values`, async () => {
      await fc.assert(
        fc.asyncProperty(chances, async ({ seed, radius }) => {
          const shapes: Record<string, Shape> = inputs[1] === "z" ? { x: [3], z: [3] } : { x: [3] };
          const { model, center } = problem(one(name, shapes, {}, [type, inputs, ["y"]]), seed);
          const { lower, upper } = await boundsOf(model, center, radius, "ibp");
          center["x"]!.forEach((x, j) => {
            const other = center["z"]?.[j];
            const ends = [-radius, 0, radius].flatMap((dx) =>
              other === undefined ? [(x + dx) ** 2] : [-radius, radius].map((dz) => (x + dx) * (other + dz)),
            );
            const least = other === undefined && Math.abs(x) < radius ? 0 : Math.min(...ends);
            expect(lower[j]).to.be.closeTo(least, 1e-6);
            expect(upper[j]).to.be.closeTo(Math.max(...ends), 1e-6);
          });
        }),
        runs,
      );
    });
  }

  it("MaxPool: the interval ends at the maxima of the ends", async () => {
    const { model, center } = problem(EXTREMES[1]!, 3);
    const { lower, upper } = await boundsOf(model, center, 0.3, "ibp");
    const at = (step: number): Point => ({ x: center["x"]!.map((value) => value + step) });
    const [low, high] = await valuesAt(model, [at(-0.3), at(0.3)]);
    low!.forEach((value, j) => expect(lower[j]).to.be.closeTo(value, 1e-6));
    high!.forEach((value, j) => expect(upper[j]).to.be.closeTo(value, 1e-6));
  });

  it("MaxPool: where one element dominates, CROWN is exact", async () => {
    const { model } = problem(EXTREMES[0]!, 1);
    const center = { x: [0, 5, 3, -1, 2, 9, 7, 1] };
    const { lower, upper } = await boundsOf(model, center, 0.5, "crown");
    [5, 3, 9, 7].forEach((value, j) => {
      expect(lower[j]).to.be.closeTo(value - 0.5, 1e-6);
      expect(upper[j]).to.be.closeTo(value + 0.5, 1e-6);
    });
  });
});

function problem({ inputs, stored = {}, nodes, positive = [] }: Sketch, seed: number): { model: Model; center: Point } {
  const random = seeded(seed);
  const value = (name: string, shape: Shape): HostTensor => {
    const tensor = randomTensor(shape, random);
    return positive.includes(name)
      ? { ...tensor, data: Float64Array.from(tensor.data, (x) => Math.abs(x) + 0.2) }
      : tensor;
  };
  const initializers = Object.fromEntries(Object.entries(stored).map(([name, shape]) => [name, value(name, shape)]));
  const center = Object.fromEntries(
    Object.entries(inputs).map(([name, shape]) => [name, [...value(name, shape).data].map(Math.fround)]),
  );
  return { model: referenceLirpa().model(graph(inputs, initializers, nodes, ["y"])), center };
}

async function boundsOf(model: Model, center: Point, radius: number, method: string) {
  const ball = lp({ norm: Infinity, eps: radius });
  const inputs = Object.fromEntries(Object.entries(center).map(([name, values]) => [name, perturbed(values, ball)]));
  return model.bounds(inputs, {
    method,
    ...(method === "alpha-crown" && { methodOptions: { "alpha-crown": { iterations: 2 } } }),
  });
}

/** All points at once, as instances. */
async function valuesAt(model: Model, all: readonly Point[]): Promise<number[][]> {
  const names = Object.keys(all[0]!);
  const { y } = await model.forward(
    Object.fromEntries(names.map((name) => [name, all.flatMap((point) => point[name]!)])),
  );
  const size = y!.data.length / all.length;
  return all.map((_, i) => [...y!.data.subarray(i * size, (i + 1) * size)]);
}

/** Corners, edges and inner points of a box. */
function points(center: Point, radius: number, random: () => number): Point[] {
  const share = (i: number): number => (i % 2 === 0 ? Math.sign(random()) : Math.max(-1, Math.min(1, 2 * random())));
  const some = Array.from({ length: 150 }, (_, i): Point =>
    Object.fromEntries(
      Object.entries(center).map(([name, values]) => [name, values.map((value) => value + radius * share(i))]),
    ),
  );
  return [center, ...some];
}
