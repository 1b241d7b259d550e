import { readFile } from "node:fs/promises";
import { isLirpaError } from "@lirpa/core";
import { expect } from "chai";
import fc from "fast-check";
import { readModel } from "./index.js";
import {
  AttributeType,
  complaint,
  DataType,
  expectValid,
  failure,
  floats,
  rawBytes,
  sharedFolder,
  valueInfo,
  withoutShared,
  write,
} from "./support.test.js";

/** A model with a bit of everything, about 400 bytes long. */
const model = write({
  input: [valueInfo("x", [{ dimParam: "batch" }, { dimValue: 2 }]), valueInfo("w", [{ dimValue: 2 }, { dimValue: 3 }])],
  output: [valueInfo("y", [{ dimParam: "batch" }, { dimValue: 3 }])],
  initializer: [
    floats("w", [2, 3], [1, 2, 3, 4, 5, 6]),
    { name: "shape", dims: [2], dataType: DataType.INT64, int64Data: [-1, 3] },
    { name: "half", dims: [1], dataType: DataType.FLOAT16, rawData: rawBytes(Uint16Array.of(0x3c00)) },
  ],
  node: [
    {
      name: "fc",
      opType: "Gemm",
      input: ["x", "w"],
      output: ["h"],
      attribute: [{ name: "alpha", type: AttributeType.FLOAT, f: 1 }],
    },
    {
      name: "one",
      opType: "Constant",
      output: ["c"],
      attribute: [{ name: "value", type: AttributeType.TENSOR, t: floats("", [1], [1]) }],
    },
    { opType: "Mul", input: ["h", "c"], output: ["m"] },
    {
      opType: "Reshape",
      input: ["m", "shape"],
      output: ["y"],
      attribute: [{ name: "allowzero", type: AttributeType.INT, i: 1 }],
    },
  ],
});

describe("a file that is no ONNX model", () => {
  const notReadable = "not a readable ONNX file";

  it("is said to be unreadable, by its name", async () => {
    const texts = ["", "hello world", "{}", "<html></html>", "\0\0\0\0", "import torch\n".repeat(50)];
    for (const text of texts) {
      expect(await complaint(readModel(new TextEncoder().encode(text), { name: "net.onnx" })), text).to.include(
        `net.onnx is ${notReadable}`,
      );
    }
    expect(await complaint(readModel(Uint8Array.from({ length: 1000 }, (_, i) => (i * 37) % 256)))).to.include(
      notReadable,
    );
  });

  it("gets a hint where it is a known mistake", async () => {
    const hint = async (...bytes: number[]) => (await failure(readModel(Uint8Array.from(bytes)))).hint;
    const ascii = (text: string) => [...text].map((char) => char.charCodeAt(0));
    expect(await hint(0x1f, 0x8b, 8, 0)).to.include("gzip");
    expect(await hint(...ascii("PK\x03\x04"))).to.include("zip");
    expect(await hint(...ascii("version https://git-lfs.github.com/spec/v1\noid sha256:1234"))).to.include("Git LFS");
    expect(await hint(1, 2, 3)).to.include("cut off");
  });

  it("is not even bytes", async () => {
    for (const value of ["onnx", null, new ArrayBuffer(8)])
      expect(await complaint(readModel(value as unknown as Uint8Array))).to.include("Uint8Array");
  });

  it("lacks an IR version, a graph, nodes or opsets", async () => {
    expect(await complaint(readModel(write({}, { irVersion: 0 }))))
      .to.include(notReadable)
      .and.include("IR version");
    expect(await complaint(readModel(write({}, { irVersion: -1 })))).to.include("IR version");
    expect(await complaint(readModel(write({}, { graph: null })))).to.include("no graph");
    expect(await complaint(readModel(write({ node: [] })))).to.include("no nodes");
    expect(await complaint(readModel(write({}, { opsetImport: [] })))).to.include("opset");
  });

  it("ends early, wherever the cut is", async function () {
    const shared = sharedFolder();
    if (shared === undefined) {
      console.log(`      ${withoutShared}`);
      return this.skip();
    }
    // PyTorch writes the opset last, so that no shorter file is complete.
    const bytes = await readFile(`${shared}/goldens/ops/relu-a/model.onnx`);
    expectValid(await readModel(bytes));
    for (let length = 0; length < bytes.length; length++) {
      expect(await complaint(readModel(bytes.subarray(0, length))), `${length} bytes`).to.include(notReadable);
    }
  });

  it("nests messages deeper than any model", async () => {
    // Groups (wire type 3) within groups.
    expect(await complaint(readModel(new Uint8Array(1_000_000).fill(0x7b)))).to.include(notReadable);
  });
});

describe("a damaged file", () => {
  /** A file is a valid graph, or an error of ours: nothing else may come out, and nothing may hang. */
  async function expectValidOrRefused(bytes: Uint8Array): Promise<void> {
    try {
      expectValid(await readModel(bytes, { readExternal: () => new Uint8Array(64) }));
    } catch (error) {
      if (!isLirpaError(error)) throw error;
    }
  }

  it("was a valid one before", async () => expectValid(await readModel(model)));

  it("with any one byte changed is valid or refused", async function () {
    this.timeout(20_000);
    for (let at = 0; at < model.length; at++) {
      for (const change of [1, 8, 0x80, 0xff]) {
        const bytes = model.slice();
        bytes[at]! ^= change;
        await expectValidOrRefused(bytes);
      }
    }
  });

  it("with several bytes changed, or a part cut out, is valid or refused", async function () {
    this.timeout(20_000);
    const changes = fc.array(fc.record({ at: fc.nat(model.length - 1), value: fc.nat(255) }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(changes, fc.nat(model.length), fc.nat(40), async (list, cut, size) => {
        const bytes = model.slice();
        for (const { at, value } of list) bytes[at] = value;
        await expectValidOrRefused(Uint8Array.of(...bytes.subarray(0, cut), ...bytes.subarray(cut + size)));
      }),
      { seed: 1, numRuns: 1500 },
    );
  });
});
