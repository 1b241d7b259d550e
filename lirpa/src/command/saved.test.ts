import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { loadProgram, type HostTensor } from "../index.js";
import { readProgram } from "@lirpa/core/recording";
import { lirpa, temporaryFolder, writeExample } from "./support.test.js";

const METHODS = ["ibp", "crown-ibp", "crown"] as const;
const names = { center: "center:x", eps: "set:x:eps", rows: "rows" };
const feeds: Readonly<Record<string, HostTensor>> = {
  [names.center]: { shape: [1, 1, 1, 2], dtype: "float", data: Float32Array.of(0.5, -0.25) },
  [names.eps]: { shape: [1, 1], dtype: "float", data: Float32Array.of(0.1) },
  [names.rows]: { shape: [1, 1, 1, 2], dtype: "float", data: Float32Array.of(1, -1) },
};

/** Reads the inputs that the file itself names, so that it would notice a missing one. */
const PYTHON = `
import json, sys
import numpy, onnxruntime
def array(value): return numpy.array(value["data"], numpy.float32).reshape(value["shape"])
feeds = {name: array(value) for name, value in json.load(sys.stdin).items()}
answers = {}
for path in sys.argv[1:]:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    metadata = session.get_modelmeta().custom_metadata_map
    inputs = [port["name"] for port in json.loads(metadata["lirpa.inputs"])]
    assert sorted(inputs) == sorted(node.name for node in session.get_inputs()), inputs
    lower, upper = session.run(["lower", "upper"], {name: feeds[name] for name in inputs})
    answers[metadata["lirpa.method"]] = {"lower": lower.ravel().tolist(), "upper": upper.ravel().tolist()}
json.dump(answers, sys.stdout)
`;

describe("what --save writes", function () {
  this.timeout(60_000);
  const folder = temporaryFolder();
  const answers: Record<string, { readonly lower: readonly number[]; readonly upper: readonly number[] }> = {};
  const fileOf = (method: string): string => join(folder, `${method}.onnx`);

  before(async () => {
    writeExample(folder);
    for (const method of METHODS) {
      const { code, stdout, stderr } = await lirpa(
        ["bounds", "model.onnx", "--query", "query.json", "--method", method, "--json", "--save", `${method}.onnx`],
        { cwd: folder },
      );
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
      const { lower, upper } = JSON.parse(stdout) as (typeof answers)[string];
      answers[method] = { lower, upper };
    }
  });

  it("says what it takes, what it gives, and which method of which packages it is", () => {
    const { inputs, outputs, metadata } = readProgram(readFileSync(fileOf("crown")));
    expect(Object.fromEntries(inputs.map(({ name, ...port }) => [name, port]))).to.deep.equal({
      [names.center]: { shape: [1, 2], dtype: "float", instances: true, rows: false, role: { is: "center", of: "x" } },
      [names.rows]: { shape: [1, 2], dtype: "float", instances: false, rows: true, role: { is: "rows" } },
      [names.eps]: {
        shape: [],
        dtype: "float",
        instances: false,
        rows: false,
        role: { is: "set", of: "x", field: "eps" },
      },
    });
    expect(outputs.map(({ name }) => name)).to.deep.equal(["lower", "upper"]);
    expect(metadata).to.include({ "lirpa.method": "crown", "lirpa.model": "model.onnx", "lirpa.output": "y" });
    expect(metadata["lirpa.version"]).to.match(/^\d+\.\d+\.\d+/);
    const plugins = JSON.parse(metadata["lirpa.plugins"]!) as Record<string, string>;
    expect(plugins).to.have.all.keys("@lirpa/perturbation-lp", "@lirpa/plugin-activation", "@lirpa/plugin-linear");
    for (const version of Object.values(plugins)) expect(version).to.match(/^\d+\.\d+\.\d+/);
  });

  it("gives the same bounds in onnxruntime-node, without lirpa", async () => {
    for (const method of METHODS) {
      const session = await InferenceSession.create(fileOf(method));
      const tensors = Object.fromEntries(
        Object.entries(feeds).map(([name, { shape, data }]) => [
          name,
          new Tensor("float32", Float32Array.from(data), [...shape]),
        ]),
      );
      const { lower, upper } = await session.run(tensors);
      expect({ lower: [...(lower!.data as Float32Array)], upper: [...(upper!.data as Float32Array)] }).to.deep.equal(
        answers[method],
      );
    }
  });

  it("is loaded back without the model, and takes other radii", async () => {
    const loaded = await loadProgram(readFileSync(fileOf("crown")));
    const { lower, upper } = await loaded.run(feeds);
    expect({ lower: [...lower!.data], upper: [...upper!.data] }).to.deep.equal(answers["crown"]);
    const wider = await loaded.run({
      ...feeds,
      [names.eps]: { shape: [1, 1], dtype: "float", data: Float32Array.of(0.2) },
    });
    expect(wider["lower"]!.data[0]).to.be.below(lower!.data[0]!);
    await loaded.dispose();
  });

  it("gives the same bounds in Python's onnxruntime", function () {
    const python = process.env["LIRPA_PYTHON"] ?? "python3";
    if (spawnSync(python, ["-c", "import numpy, onnxruntime"]).status !== 0) {
      console.log(`      skipped: ${python} has no onnxruntime (LIRPA_PYTHON names an interpreter that has)`);
      this.skip();
    }
    const input = JSON.stringify(
      Object.fromEntries(Object.entries(feeds).map(([name, { shape, data }]) => [name, { shape, data: [...data] }])),
    );
    const script = join(folder, "run.py");
    writeFileSync(script, PYTHON);
    const { status, stdout, stderr } = spawnSync(python, [script, ...METHODS.map(fileOf)], { input, encoding: "utf8" });
    expect(status, stderr).to.equal(0);
    const found = JSON.parse(stdout) as typeof answers;
    expect(Object.keys(found)).to.deep.equal([...METHODS]);
    for (const method of METHODS) {
      for (const end of ["lower", "upper"] as const)
        expect(found[method]![end][0]).to.be.closeTo(answers[method]![end][0]!, 1e-6);
    }
  });

  it("is not written for a method that takes several programs", async () => {
    const { code, stderr } = await lirpa(
      ["bounds", "model.onnx", "--query", "query.json", "--method", "alpha-crown", "--save", "alpha.onnx"],
      { cwd: folder },
    );
    expect(code).to.equal(64);
    expect(stderr).to.match(/^lirpa: --save writes one program, and alpha-crown is a sequence of programs\./);
  });
});
