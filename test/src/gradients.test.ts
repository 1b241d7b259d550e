import { expect } from "chai";
import { evaluateProgram, gradientNames, valueAndGradients, type Program } from "@lirpa/core/recording";
import { lp, perturbed, type HostTensor } from "lirpa";
import { graph, randomTensor, referenceLirpa, seeded, tensor } from "./graphs.js";

const random = seeded(21);
const convolution = { strides: [2, 2], pads: [1, 1, 1, 1], dilations: [1, 1], group: 1, kernel_shape: [3, 3] };
const positive = (n: number) =>
  tensor(
    [n],
    Array.from({ length: n }, () => 1.5 + 0.5 * random()),
  );
const net = graph(
  { x: [1, 1, 5, 5] },
  {
    k: randomTensor([3, 1, 3, 3], random),
    scale: positive(3),
    shift: randomTensor([3], random),
    mean: randomTensor([3], random),
    variance: positive(3),
    w: randomTensor([27, 6], random, 0.4),
    b: randomTensor([6], random),
    v: randomTensor([6, 2], random),
  },
  [
    ["Conv", ["x", "k"], ["c"], convolution],
    ["BatchNormalization", ["c", "scale", "shift", "mean", "variance"], ["n"]],
    ["Relu", ["n"], ["r"]],
    ["Flatten", ["r"], ["f"]],
    ["Gemm", ["f", "w", "b"], ["h"]],
    ["LeakyRelu", ["h"], ["s"], { alpha: 0.1 }],
    ["Gemm", ["s", "v"], ["y"]],
  ],
  ["y"],
);
const parameters = ["k", "scale", "shift", "w", "b", "v"];
const model = referenceLirpa().model(net);
const centers = Array.from({ length: 50 }, () => random());

describe("bounds are differentiable in centers, radii and parameters", () => {
  for (const method of ["ibp", "crown-ibp", "crown", "forward", "forward+crown"]) {
    it(`by ${method}, as differences show in float64`, function () {
      this.timeout(60_000);
      const { program, feeds } = model.program(
        { x: perturbed(centers, lp({ norm: Infinity, eps: 0.07 })) },
        { method, parameters },
      );
      const wrt = ["center:x", "set:x:eps", ...parameters.map((name) => `parameter:${name}`)];
      const differentiated = valueAndGradients(program, wrt);
      const cotangents = weights(differentiated);
      const results = evaluateProgram(differentiated, { ...feeds, ...cotangents });
      for (const name of wrt) {
        const gradient = results[gradientNames.gradient(name)]!;
        expect(gradient.data.length, name).to.equal(feeds[name]!.data.length);
        for (const at of [0, Math.floor(gradient.data.length / 2), gradient.data.length - 1]) {
          const difference = centralDifference(program, feeds, cotangents, name, at);
          expect(gradient.data[at], `${name}[${at}]`).to.be.closeTo(difference, 2e-5 * (1 + Math.abs(difference)));
        }
      }
    });
  }

  it("says which inputs there are where one is unknown", () => {
    const { program } = model.program({ x: perturbed(centers, lp({ norm: Infinity, eps: 0.07 })) }, { method: "ibp" });
    expect(() => valueAndGradients(program, ["parameter:k"]))
      .to.throw(/no input parameter:k/)
      .with.property("code", "LIRPA_OPTION");
  });
});

/** A weight for each element of each output: two instances of two bounds. */
function weights(program: Program): Record<string, HostTensor> {
  const draw = seeded(3);
  return Object.fromEntries(
    program.inputs
      .filter(({ role }) => role.is === "cotangent")
      .map(({ name, shape, instances, rows }) => {
        const dims = [instances ? 2 : 1, rows ? 2 : 1, ...shape];
        return [name, randomTensor(dims, draw)];
      }),
  );
}

function centralDifference(
  program: Program,
  feeds: Readonly<Record<string, HostTensor>>,
  cotangents: Readonly<Record<string, HostTensor>>,
  name: string,
  at: number,
): number {
  const step = 1e-6;
  const weighted = (shift: number): number => {
    const data = Float64Array.from(feeds[name]!.data);
    data[at]! += shift;
    const results = evaluateProgram(program, { ...feeds, [name]: { ...feeds[name]!, data } });
    return Object.entries(results).reduce(
      (sum, [output, { data: values }]) =>
        sum +
        Array.from(values).reduce(
          (part, value, i) => part + value * cotangents[gradientNames.cotangent(output)]!.data[i]!,
          0,
        ),
      0,
    );
  };
  return (weighted(step) - weighted(-step)) / (2 * step);
}
