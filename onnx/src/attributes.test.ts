import type { AttributeValue, HostTensor } from "@lirpa/core/plugin";
import { expect } from "chai";
import type { onnx } from "onnx-proto";
import { readModel } from "./index.js";
import { AttributeType, complaint, constant, DataType, failure, floats, write } from "./support.test.js";

const utf8 = (text: string) => new TextEncoder().encode(text);

async function read(attribute: onnx.IAttributeProto): Promise<AttributeValue | undefined> {
  const graph = await constant({ name: "a", ...attribute });
  return graph.nodes[0]!.attributes["a"];
}

describe("attributes", () => {
  it("are numbers, strings, lists of these, or tensors", async () => {
    expect(await read({ type: AttributeType.FLOAT, f: 0.5 })).to.equal(0.5);
    expect(await read({ type: AttributeType.INT, i: -7 })).to.equal(-7);
    expect(await read({ type: AttributeType.STRING, s: utf8("SAME_UPPER") })).to.equal("SAME_UPPER");
    expect(await read({ type: AttributeType.FLOATS, floats: [1, 0.5] })).to.deep.equal([1, 0.5]);
    expect(await read({ type: AttributeType.INTS, ints: [1, -1] })).to.deep.equal([1, -1]);
    expect(await read({ type: AttributeType.STRINGS, strings: [utf8("a"), utf8("ü")] })).to.deep.equal(["a", "ü"]);
    expect(await read({ type: AttributeType.TENSOR, t: floats("", [1], [2]) })).to.deep.equal({
      shape: [1],
      dtype: "float",
      data: Float32Array.of(2),
    });
  });

  it("have ONNX's empty values where the file leaves the value out", async () => {
    expect(await read({ type: AttributeType.INT })).to.equal(0);
    expect(await read({ type: AttributeType.FLOAT })).to.equal(0);
    expect(await read({ type: AttributeType.STRING })).to.equal("");
    expect(await read({ type: AttributeType.INTS })).to.deep.equal([]);
  });

  it("keep INT64_MAX, the open end of a Slice, as the nearest number", async () => {
    const max = { low: -1, high: 0x7fffffff, unsigned: false } as unknown as number;
    expect(await read({ type: AttributeType.INTS, ints: [0, max] })).to.deep.equal([0, 2 ** 63]);
  });

  it("may hold infinities, as masks do, but never NaN", async () => {
    const mask = (await read({ type: AttributeType.TENSOR, t: floats("", [2], [0, -Infinity]) })) as HostTensor;
    expect([...mask.data]).to.deep.equal([0, -Infinity]);
    expect(await read({ type: AttributeType.FLOAT, f: -Infinity })).to.equal(-Infinity);
    for (const attribute of [
      { type: AttributeType.TENSOR, t: floats("", [3], [0, Infinity, NaN]) },
      { type: AttributeType.FLOAT, f: NaN },
      { type: AttributeType.FLOATS, floats: [1, NaN] },
    ]) {
      expect(await complaint(read(attribute))).to.match(/attribute "a" of node "c" \(Constant\) holds NaN/);
    }
  });

  it("with graphs are refused as unsupported control flow, naming the node", async () => {
    for (const attribute of [
      { type: AttributeType.GRAPH, g: {} },
      { type: AttributeType.GRAPHS, graphs: [{}] },
    ]) {
      const node = {
        name: "branch",
        opType: "If",
        input: ["x"],
        output: ["y"],
        attribute: [{ name: "then_branch", ...attribute }],
      };
      const error = await failure(readModel(write({ node: [node] })));
      expect(error.code).to.equal("LIRPA_UNSUPPORTED_OPERATOR");
      expect(error.message).to.include('node "branch" (If)');
      expect(error.hint).to.be.a("string");
    }
  });

  it("of other types, without a value, or twice are refused", async () => {
    expect(await complaint(read({ type: AttributeType.SPARSE_TENSOR, sparseTensor: {} }))).to.include("SPARSE_TENSOR");
    expect(await complaint(read({ type: AttributeType.TENSORS }))).to.include("TENSORS");
    expect(await complaint(read({ i: 1 }))).to.include("UNDEFINED");
    expect(await complaint(read({ type: AttributeType.TENSOR }))).to.include("holds none");
    expect(
      await complaint(read({ type: AttributeType.TENSOR, t: { dataType: DataType.STRING, dims: [0] } })),
    ).to.include("STRING");
    expect(await complaint(read({ type: AttributeType.INT, refAttrName: "b" }))).to.include("function");
    const twice = { name: "a", type: AttributeType.INT, i: 1 };
    expect(
      await complaint(
        readModel(write({ node: [{ opType: "Relu", input: ["x"], output: ["y"], attribute: [twice, twice] }] })),
      ),
    ).to.include("twice");
  });

  it("of any name are harmless", async () => {
    const graph = await constant({ name: "__proto__", type: AttributeType.INTS, ints: [1] });
    expect(Object.keys(graph.nodes[0]!.attributes)).to.deep.equal(["__proto__"]);
  });
});
