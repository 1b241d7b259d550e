import { expect } from "chai";
import { readModel } from "./index.js";
import { complaint, DataType, expectValid, failure, floats, rawBytes, valueInfo, write } from "./support.test.js";

describe("readModel", () => {
  it("delivers inputs, outputs, nodes and opsets", async () => {
    const graph = await readModel(write());
    expect(graph).to.deep.include({
      name: "small",
      inputs: [{ name: "x", shape: ["batch", 2], dtype: "float" }],
      outputs: ["y"],
    });
    expect(graph.nodes).to.deep.equal([
      { name: "act", type: "Relu", domain: "", inputs: ["x"], outputs: ["y"], attributes: {} },
    ]);
    expect([...graph.elementTypes!]).to.deep.equal([["y", "FLOAT"]]);
    expect([...graph.opsets]).to.deep.equal([["", 13]]);
    expectValid(graph);
  });

  it("takes a name from its caller, otherwise from the graph", async () => {
    expect((await readModel(write(), { name: "mnist.onnx" })).name).to.equal("mnist.onnx");
    expect((await readModel(write({ name: "" }))).name).to.equal("model");
  });

  it("does not take initializers for inputs, even if the file lists them there", async () => {
    const graph = await readModel(
      write({
        input: [valueInfo("w", [{ dimValue: 2 }]), valueInfo("x", [{ dimValue: 2 }])],
        initializer: [floats("w", [2], [1, 2])],
        node: [{ opType: "Mul", input: ["x", "w"], output: ["y"] }],
      }),
    );
    expect(graph.inputs.map(({ name }) => name)).to.deep.equal(["x"]);
    expect(graph.initializers.get("w")).to.deep.equal({ shape: [2], dtype: "float", data: Float32Array.of(1, 2) });
  });

  it("keeps Dropout, Identity and Constant, absent inputs and absent outputs", async () => {
    const graph = await readModel(
      write({
        node: [
          { name: "c", opType: "Constant", output: ["t"], attribute: [{ name: "value_int", type: 2, i: 1 }] },
          { name: "i", opType: "Identity", input: ["x"], output: ["a"] },
          { name: "d", opType: "Dropout", input: ["a", "", "t"], output: ["y", ""] },
        ],
      }),
    );
    expect(graph.nodes.map(({ type }) => type)).to.deep.equal(["Constant", "Identity", "Dropout"]);
    expect(graph.nodes[2]).to.deep.include({ inputs: ["a", "", "t"], outputs: ["y", ""] });
    expectValid(graph);
  });

  it("keeps the order of the outputs, which may be inputs or initializers too", async () => {
    const graph = await readModel(
      write({ initializer: [floats("w", [], [1])], output: ["y", "w", "x"].map((name) => ({ name })) }),
    );
    expect(graph.outputs).to.deep.equal(["y", "w", "x"]);
  });

  describe("names of nodes", () => {
    const chain = (...names: string[]) =>
      readModel(
        write({
          node: names.map((name, i) => ({
            name,
            opType: "Relu",
            input: [i === 0 ? "x" : `v${i}`],
            output: [i === names.length - 1 ? "y" : `v${i + 1}`],
          })),
        }),
      );

    it("are made up from type and position where missing", async () => {
      expect((await chain("", "b", "")).nodes.map(({ name }) => name)).to.deep.equal(["Relu_0", "b", "Relu_2"]);
    });

    it("are replaced where taken before", async () => {
      expect((await chain("a", "a", "b")).nodes.map(({ name }) => name)).to.deep.equal(["a", "Relu_1", "b"]);
    });

    it("never meet a name of the file", async () => {
      expect((await chain("", "Relu_0", "Relu_0")).nodes.map(({ name }) => name)).to.deep.equal([
        "Relu_0_",
        "Relu_0",
        "Relu_2",
      ]);
    });
  });

  describe("opsets", () => {
    const withOpset = (version: number, domain = "") => readModel(write({}, { opsetImport: [{ domain, version }] }));

    it("from 8 to 23 are read", async () => {
      for (const version of [8, 23]) expect((await withOpset(version)).opsets.get("")).to.equal(version);
    });

    it("outside are refused, with a way out", async () => {
      for (const version of [1, 7, 24]) {
        const error = await failure(withOpset(version));
        expect(error.code).to.equal("LIRPA_MODEL");
        expect(error.message).to.include(`opset ${version}`);
        expect(error.hint).to.include("version_converter");
      }
    });

    it("of ONNX's own domain go by one name", async () => {
      const graph = await readModel(
        write(
          { node: [{ opType: "Relu", domain: "ai.onnx", input: ["x"], output: ["y"] }] },
          { opsetImport: [{ domain: "ai.onnx", version: 9 }] },
        ),
      );
      expect([...graph.opsets]).to.deep.equal([["", 9]]);
      expect(graph.nodes[0]!.domain).to.equal("");
    });

    it("of other domains keep their versions", async () => {
      const graph = await readModel(write({}, { opsetImport: [{ version: 13 }, { domain: "my.domain", version: 2 }] }));
      expect(graph.opsets.get("my.domain")).to.equal(2);
    });

    it("may come twice, but not in two versions", async () => {
      expect(
        (await readModel(write({}, { opsetImport: [{ version: 13 }, { domain: "ai.onnx", version: 13 }] }))).opsets
          .size,
      ).to.equal(1);
      expect(await complaint(readModel(write({}, { opsetImport: [{ version: 13 }, { version: 14 }] })))).to.include(
        "13 and 14",
      );
    });

    it("must cover each node's domain", async () => {
      const bytes = write({ node: [{ name: "n", opType: "Op", domain: "other", input: ["x"], output: ["y"] }] });
      expect(await complaint(readModel(bytes))).to.match(/node "n" \(Op\).*"other"/);
    });
  });

  describe("refuses", () => {
    const cases: [what: string, bytes: Uint8Array, message: RegExp][] = [
      ["functions", write({}, { functions: [{ name: "f" }] }), /functions/],
      ["sparse initializers", write({ sparseInitializer: [{ values: { name: "s" } }] }), /"s" is sparse/],
      ["an output that nothing makes", write({ output: [{ name: "z" }] }), /output "z"/],
      ["an output that is listed twice", write({ output: [{ name: "y" }, { name: "y" }] }), /output "y".*twice/],
      ["a model without outputs", write({ output: [] }), /no outputs/],
      ["two inputs of one name", write({ input: [valueInfo("x", []), valueInfo("x", [])] }), /two inputs "x"/],
      [
        "two initializers of one name",
        write({ initializer: [floats("w", [], [1]), floats("w", [], [1])] }),
        /initializer "w" twice/,
      ],
      [
        "a node without a type",
        write({ node: [{ name: "n", input: ["x"], output: ["y"] }] }),
        /node "n" has no operator type/,
      ],
      [
        "NaN in a weight",
        write({ initializer: [floats("w", [2], [1, NaN])] }),
        /initializer "w" holds NaN \(element 1\)/,
      ],
      [
        "NaN in a half-precision weight",
        write({
          initializer: [
            { name: "w", dims: [1], dataType: DataType.FLOAT16, rawData: rawBytes(Uint16Array.of(0x7e00)) },
          ],
        }),
        /initializer "w" holds NaN/,
      ],
    ];
    for (const [what, bytes, message] of cases) {
      it(what, async () => expect(await complaint(readModel(bytes))).to.match(message));
    }
  });
});
