import { LirpaError, type Graph } from "@lirpa/core";
import { expect } from "chai";
import type { onnx } from "onnx-proto";
import { readModel, type ReadExternal } from "./index.js";
import { AttributeType, complaint, constant, DataType, failure, rawBytes, write } from "./support.test.js";

const file = rawBytes(Float32Array.of(9, 1, 2, 3));

function external(name: string, entries: Record<string, string>, dims: number[] = [2]): onnx.ITensorProto {
  const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
  return { name, dims, dataType: DataType.FLOAT, dataLocation: 1, externalData };
}

function read(entries: Record<string, string>, readExternal: ReadExternal | undefined = () => file): Promise<Graph> {
  return readModel(write({ initializer: [external("w", entries)] }), { readExternal });
}

async function values(entries: Record<string, string>, readExternal?: ReadExternal): Promise<number[]> {
  return [...(await read(entries, readExternal)).initializers.get("w")!.data];
}

describe("external data", () => {
  it("starts at the offset, by default at the file's start", async () => {
    expect(await values({ location: "w.bin" })).to.deep.equal([9, 1]);
    expect(await values({ location: "w.bin", offset: "8" })).to.deep.equal([2, 3]);
    expect(await values({ location: "w.bin", offset: "4", length: "8" })).to.deep.equal([1, 2]);
  });

  it("may come later, and from any place in memory", async () => {
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    expect(await values({ location: "a/w.bin" }, async () => shifted.subarray(3))).to.deep.equal([9, 1]);
  });

  it("is asked for once per file", async () => {
    const asked: string[] = [];
    const initializer = ["a", "b", "c"].map((name) => external(name, { location: name === "c" ? "2.bin" : "1.bin" }));
    const readExternal = (location: string) => {
      asked.push(location);
      return file;
    };
    await readModel(write({ initializer }), { readExternal });
    expect(asked.sort()).to.deep.equal(["1.bin", "2.bin"]);
  });

  it("may belong to a Constant", async () => {
    const graph = await constant(
      { name: "value", type: AttributeType.TENSOR, t: external("", { location: "w.bin" }) },
      { readExternal: () => file },
    );
    expect(graph.nodes[0]!.attributes["value"]).to.deep.equal({
      shape: [2],
      dtype: "float",
      data: Float32Array.of(9, 1),
    });
  });

  it("must not lead out of the model's folder", async () => {
    for (const location of [
      "/etc/passwd",
      "../w.bin",
      "a/../../w.bin",
      "a\\..\\w.bin",
      "\\w.bin",
      "C:\\w.bin",
      "file:///w.bin",
      "https://a/w",
      "",
      "w\0.bin",
    ]) {
      expect(await complaint(read({ location }, () => expect.fail("it was read"))), location).to.include("refused");
    }
    expect(await complaint(read({}))).to.include("refused");
  });

  it("needs somebody who reads it", async () => {
    const error = await failure(readModel(write({ initializer: [external("w", { location: "w.bin" })] })));
    expect(error.code).to.equal("LIRPA_MODEL");
    expect(error.message).to.include('"w"').and.include('"w.bin"');
    expect(error.hint).to.include("readExternal");
  });

  it("that cannot be read is named, with the reason", async () => {
    const lost = (): never => {
      throw new Error("ENOENT");
    };
    expect(await complaint(read({ location: "w.bin" }, lost)))
      .to.include('"w.bin"')
      .and.include("ENOENT");
    expect(await complaint(read({ location: "w.bin" }, () => Promise.reject(new Error("ENOENT"))))).to.include(
      "ENOENT",
    );
    expect(await complaint(read({ location: "w.bin" }, () => undefined as unknown as Uint8Array))).to.include(
      "no bytes",
    );
    const own = new LirpaError("LIRPA_OPTION", "not allowed");
    expect(await failure(read({ location: "w.bin" }, () => Promise.reject(own)))).to.equal(own);
  });

  it("must be long enough, and as long as the shape says", async () => {
    expect(await complaint(read({ location: "w.bin", offset: "12" }))).to.include("ends before");
    expect(await complaint(read({ location: "w.bin", length: "4" }))).to.include("needs 8 bytes, but claims 4");
    for (const offset of ["-4", "x", "1e3", "", "99999999999999999999"]) {
      expect(await complaint(read({ location: "w.bin", offset })), offset).to.include("no number of bytes");
    }
  });
});
