import { expect } from "chai";
import { readFileSync } from "node:fs";
import onnxProto from "onnx-proto";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { createLirpa, lp, perturbed, type Graph, type HostTensor } from "lirpa";
import { emitOnnx } from "@lirpa/core/recording";
import { readModel } from "@lirpa/onnx";
import { graph, randomTensor, seeded } from "./graphs.js";
import { repositoryPath } from "./shared.js";

const { onnx } = onnxProto;
const random = seeded(3);

const attention = graph(
  { x: [1, 3, 4] },
  { q: randomTensor([4, 4], random), k: randomTensor([4, 4], random), v: randomTensor([4, 2], random) },
  [
    ["MatMul", ["x", "q"], ["xq"]],
    ["MatMul", ["x", "k"], ["xk"]],
    ["MatMul", ["x", "v"], ["xv"]],
    ["Transpose", ["xk"], ["kt"], { perm: [0, 2, 1] }],
    ["MatMul", ["xq", "kt"], ["scores"]],
    ["Softmax", ["scores"], ["weights"], { axis: -1 }],
    ["MatMul", ["weights", "xv"], ["mixed"]],
    ["ReduceMean", ["mixed"], ["y"], { axes: [1], keepdims: 0 }],
  ],
  ["y"],
);

describe("the shapes that an emitted program names", () => {
  for (const method of ["ibp", "crown-ibp", "crown", "forward"]) {
    it(`are those that ONNX Runtime computes: ${method} of an attention layer`, () => agrees(attention, method, 2));
  }

  it("are those that ONNX Runtime computes: crown of a convolutional network, in patches", async () => {
    const bytes = readFileSync(repositoryPath("examples/demo/model/mnist.onnx"));
    await agrees(await readModel(bytes, { name: "mnist.onnx" }), "crown", 10);
  });
});

/** Every value whose shape is named becomes an output; its real shape is compared with the named one. */
async function agrees(model: Graph, method: string, outputs: number): Promise<void> {
  const [instances, rows] = [2, 3];
  const lirpa = await createLirpa({ project: false });
  try {
    const loaded = lirpa.model(model);
    const [input] = loaded.inputs;
    const size = input!.shape.reduce((a, b) => a * b, 1);
    const center = Array.from({ length: instances * size }, () => random());
    const spec = Array.from({ length: rows }, () => Array.from({ length: outputs }, () => random()));
    const problem = { [input!.name]: perturbed(center, lp({ norm: Infinity, eps: 0.01 })) };
    const { program, feeds } = loaded.program(problem, { method, spec });
    const { named, results } = await runWithAll(emitOnnx(program), feeds);
    expect(named.length).to.be.above(50);
    const open: Record<string, number> = { instances, rows };
    for (const { name, dims } of named) {
      const actual = results[name]!.dims;
      expect(actual.length, name).to.equal(dims.length);
      dims.forEach((dim, axis) => {
        const wanted = typeof dim === "number" ? dim : sizeOfName(dim, open, actual[axis]!);
        expect(actual[axis], `${name}: ${dims.join(", ")}`).to.equal(wanted);
      });
    }
  } finally {
    await lirpa.dispose();
  }
}

/** A name stands for one size throughout; `2*instances*rows` is a product of names. */
function sizeOfName(name: string, open: Record<string, number>, actual: number): number {
  const [factor, ...symbols] = name.includes("*") ? name.split("*") : ["1", name];
  const unknown = symbols.filter((symbol) => open[symbol] === undefined);
  const known = symbols.reduce((product, symbol) => product * (open[symbol] ?? 1), Number(factor));
  if (unknown.length === 1) open[unknown[0]!] = actual / known;
  expect(unknown.length, name).to.be.below(2);
  return unknown.length === 0 ? known : actual;
}

interface Named {
  readonly name: string;
  readonly dims: readonly (number | string)[];
}

async function runWithAll(
  bytes: Uint8Array,
  feeds: Readonly<Record<string, HostTensor>>,
): Promise<{ named: Named[]; results: InferenceSession.OnnxValueMapType }> {
  const model = onnx.ModelProto.decode(bytes);
  const infos = model.graph!.valueInfo!;
  model.graph!.output!.push(...infos);
  const session = await InferenceSession.create(onnx.ModelProto.encode(model).finish(), { logSeverityLevel: 3 });
  const tensors = Object.entries(feeds).map(([name, { shape, dtype, data }]) => {
    expect(dtype).to.equal("float");
    return [name, new Tensor("float32", Float32Array.from(data), [...shape])] as const;
  });
  const results = await session.run(Object.fromEntries(tensors));
  await session.release();
  const named = infos.map(({ name, type }) => ({
    name: name!,
    dims: type!.tensorType!.shape!.dim!.map(({ dimParam, dimValue }) => (dimParam ? dimParam : Number(dimValue))),
  }));
  return { named, results };
}
