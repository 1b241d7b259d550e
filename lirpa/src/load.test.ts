import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { isLirpaError, LirpaError, type Model } from "@lirpa/core";
import { buildSync } from "esbuild";
import { expect } from "chai";
import onnxProto from "onnx-proto";
import { model as exampleModel, runProcess, temporaryFolder } from "./command/support.test.js";
import { createLirpa, lp, perturbed, type Lirpa, type ModelSource } from "./index.js";

const { onnx } = onnxProto;

/** The example with its first weights in a file of their own, whose name has a meaning in URLs. */
function divided(): { readonly model: Uint8Array; readonly weights: Uint8Array } {
  const model = onnx.ModelProto.decode(exampleModel());
  const tensor = model.graph!.initializer![0]!;
  const { rawData, floatData } = tensor;
  const weights = rawData!.length > 0 ? rawData! : new Uint8Array(Float32Array.from(floatData!).buffer);
  tensor.rawData = new Uint8Array(0);
  tensor.floatData = [];
  tensor.dataLocation = onnx.TensorProto.DataLocation.EXTERNAL;
  tensor.externalData = [onnx.StringStringEntryProto.create({ key: "location", value: "w#1?.bin" })];
  return { model: onnx.ModelProto.encode(model).finish(), weights };
}

describe("load", () => {
  const folder = temporaryFolder();
  const path = join(folder, "a model#1.onnx");
  const asked: string[] = [];
  let server: Server;
  let address = "";
  let lirpa: Lirpa;

  before(async () => {
    const { model, weights } = divided();
    const files: Readonly<Record<string, Uint8Array>> = {
      "/nets/whole.onnx": exampleModel(),
      "/nets/divided.onnx": model,
      "/nets/w%231%3F.bin": weights,
      "/nets/alone/divided.onnx": model,
    };
    writeFileSync(path, exampleModel());
    server = createServer(({ url = "" }, response) => {
      asked.push(url);
      const file = files[url.split("?")[0]!];
      response.writeHead(file === undefined ? 404 : 200).end(file);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    lirpa = await createLirpa({ project: false });
  });
  after(async () => {
    await lirpa.dispose();
    server.closeAllConnections();
    server.close();
  });

  const bounded = async (model: Model): Promise<number[]> => [
    ...(await model.bounds({ x: perturbed([0.5, -0.25], lp({ norm: Infinity, eps: 0.1 })) })).lower,
  ];
  const refused = async (source: unknown): Promise<LirpaError> => {
    const loading = lirpa.load(source as ModelSource);
    const error: unknown = await loading.then(
      () => expect.fail("loaded"),
      (reason: unknown) => reason,
    );
    if (!isLirpaError(error)) throw error;
    return error;
  };

  it("takes a path, a URL of a file, bytes, and what fetch takes: the bounds are the same", async () => {
    const expected = await bounded(await lirpa.load(path));
    const bytes = readFileSync(path);
    const data = new URL(`data:application/octet-stream;base64,${bytes.toString("base64")}`);
    const sources = [pathToFileURL(path), bytes, new Uint8Array(bytes), new URL("/nets/whole.onnx?v=2", address), data];
    for (const source of sources) {
      expect(await bounded(await lirpa.load(source)), String(source).slice(0, 40)).to.deep.equal(expected);
    }
  });

  it("reads weights beside the model by their name, whatever it would mean in a URL", async () => {
    const divided = await lirpa.load(new URL("/nets/divided.onnx", address));
    expect(await bounded(divided)).to.deep.equal(await bounded(await lirpa.load(path)));
    expect(asked).to.include("/nets/w%231%3F.bin");
  });

  it("names what it cannot read, and why", async () => {
    const wrong: readonly (readonly [unknown, RegExp])[] = [
      [new URL("/nets/absent.onnx", address), /the model http:.*absent\.onnx: the server answers 404 Not Found/],
      [
        new URL("/nets/alone/divided.onnx", address),
        /the external data .*alone\/w%231%3F\.bin: the server answers 404/,
      ],
      [new URL("http://127.0.0.1:1/x.onnx"), /cannot read the model http:\/\/127\.0\.0\.1:1\/x\.onnx: ./],
      [new URL("file://elsewhere/x.onnx"), /cannot read file:\/\/elsewhere\/x\.onnx/],
      [join(folder, "absent.onnx"), /cannot read the model .*absent\.onnx: no such file/],
      [divided().model, /external file "w#1\?\.bin", and there is no way to read it/],
      [Uint8Array.of(1, 2, 3), /not a readable ONNX file/],
      [5, /what was given is no source of a model/],
      [undefined, /what was given is no source of a model/],
      [[path], /what was given is no source of a model/],
    ];
    for (const [source, message] of wrong) {
      const { code, message: said } = await refused(source);
      expect(said).to.match(message);
      expect(code).to.equal("LIRPA_MODEL");
    }
  });
});

describe("await using", () => {
  const folder = temporaryFolder();

  it("ends lirpa with its block, so that its models are done with and the process ends", async function () {
    this.timeout(60_000);
    const script = `
      import { createLirpa, lp, perturbed } from ${JSON.stringify(new URL("./index.js", import.meta.url).href)};
      const input = { x: perturbed([0.5, -0.25], lp({ norm: Infinity, eps: 0.1 })) };
      let model;
      {
        await using lirpa = await createLirpa({ project: false });
        model = await lirpa.load(new Uint8Array(${JSON.stringify([...exampleModel()])}));
        console.log((await model.bounds(input)).shape.join());
      }
      console.log(await model.bounds(input).catch(({ code }) => code));`;
    const file = join(folder, "using.mjs");
    // Node 20 does not know the words yet.
    buildSync({ stdin: { contents: script }, outfile: file, format: "esm", target: "node20", write: true });
    const { code, stdout, stderr } = await runProcess(process.execPath, [file], { cwd: folder });
    expect({ code, stdout, stderr }).to.deep.equal({ code: 0, stdout: "1,2\nLIRPA_DISPOSED\n", stderr: "" });
  });
});
