import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import onnxProto, { type onnx } from "onnx-proto";
import { exitCodes } from "./exit-codes.js";
import { bin, floats, lirpa, model, temporaryFolder, writeExample } from "./support.test.js";

const { DataLocation, DataType } = onnxProto.onnx.TensorProto;
const WEIGHTS = Float32Array.from([1, -1, 0.5, 0.25, 1, -2]);
const bytes = (): Uint8Array => new Uint8Array(WEIGHTS.buffer);

/** The small model with w1 in a file beside it. */
function externalModel(location: string, entries: Readonly<Record<string, string>> = {}): Uint8Array {
  const w1: onnx.ITensorProto = {
    name: "w1",
    dims: [2, 3],
    dataType: DataType.FLOAT,
    dataLocation: DataLocation.EXTERNAL,
    externalData: Object.entries({ location, ...entries }).map(([key, value]) => ({ key, value })),
  };
  return model({ initializer: [w1, floats("b1", [3], [0.1, 0, -0.1]), floats("w2", [3, 2], [1, -1, 1, 1, -0.5, 2])] });
}

const onWindows = process.platform === "win32";

describe("the files of the command", function () {
  this.timeout(60_000);
  const folder = temporaryFolder();
  const at = (...parts: readonly string[]): string => join(folder, ...parts);
  const run = (file: string, ...options: readonly string[]) =>
    lirpa(["bounds", file, "--query", "query.json", "--json", ...options], { cwd: folder });

  before(() => {
    writeExample(folder);
    mkdirSync(at("elsewhere"));
    writeFileSync(at("weights.bin"), bytes());
    writeFileSync(at("elsewhere", "weights.bin"), bytes());
    writeFileSync(at("external.onnx"), externalModel("weights.bin"));
  });

  it("gives the bounds of a model whose weights lie beside it", async () => {
    const [inside, outside] = [await run("model.onnx"), await run("external.onnx")];
    expect(outside.code, outside.stderr).to.equal(exitCodes.done);
    expect(JSON.parse(outside.stdout)).to.deep.include({
      lower: (JSON.parse(inside.stdout) as { lower: unknown }).lower,
    });
  });

  const spellings: Readonly<Record<string, () => string>> = {
    "by its name": () => "weights.bin",
    "by another spelling": () => "./elsewhere/../weights.bin",
    "by a link": () => (symlinkSync("weights.bin", at("link.onnx")), "link.onnx"),
    "by a hard link": () => (linkSync(at("weights.bin"), at("hard.onnx")), "hard.onnx"),
  };
  for (const [how, make] of Object.entries(spellings)) {
    it(`never saves onto the weights of the model, ${how}`, async function () {
      if (onWindows) this.skip();
      const { code, stdout, stderr } = await run("external.onnx", "--save", make());
      expect([code, stdout], stderr).to.deep.equal([exitCodes.usage, ""]);
      expect(stderr).to.include("the command reads that file");
      expect(Buffer.compare(readFileSync(at("weights.bin")), bytes())).to.equal(0);
    });
  }

  it("does not save through a link that leads nowhere", async function () {
    if (onWindows) this.skip();
    symlinkSync("not-there.onnx", at("dangling.onnx"));
    const { code, stderr } = await run("model.onnx", "--save", "dangling.onnx");
    expect(code).to.equal(exitCodes.usage);
    expect(stderr).to.include("it is a link to a file that is not there");
    expect(existsSync(at("not-there.onnx"))).to.equal(false);
  });

  it("reads no weights from outside the model's folder, by whatever link", async function () {
    if (onWindows) this.skip();
    mkdirSync(at("inner"));
    symlinkSync(join("..", "elsewhere", "weights.bin"), at("inner", "leaving.bin"));
    symlinkSync(join("..", "elsewhere"), at("inner", "folder"));
    for (const location of ["leaving.bin", "folder/weights.bin"]) {
      writeFileSync(at("inner", "m.onnx"), externalModel(location));
      const { code, stdout, stderr } = await run(join("inner", "m.onnx"));
      expect([code, stdout], location).to.deep.equal([exitCodes.data, ""]);
      expect(stderr).to.include("outside the model's folder");
    }
    symlinkSync("near.bin", at("inner", "staying.bin"));
    writeFileSync(at("inner", "near.bin"), bytes());
    writeFileSync(at("inner", "m.onnx"), externalModel("staying.bin"));
    expect((await run(join("inner", "m.onnx"))).code).to.equal(exitCodes.done);
  });

  it("waits for no pipe and reads no device", async function () {
    if (onWindows) this.skip();
    execFileSync("mkfifo", [at("pipe")]);
    writeFileSync(at("piped.onnx"), externalModel("pipe"));
    for (const file of ["pipe", "piped.onnx", "/dev/zero"]) {
      const { code, stderr } = await run(file);
      expect(code, stderr).to.equal(exitCodes.data);
      expect(stderr).to.include("it is no regular file");
    }
    const { code, stderr } = await lirpa(["bounds", "model.onnx", "--query", "pipe"], { cwd: folder });
    expect([code, stderr.includes("it is no regular file")]).to.deep.equal([exitCodes.data, true]);
  });

  it("gives up on standard input that never ends", async function () {
    if (onWindows) this.skip();
    const device = openSync("/dev/zero", "r");
    const child = spawn(process.execPath, [bin, "bounds", "model.onnx", "--query", "-"], {
      cwd: folder,
      stdio: [device, "ignore", "pipe"],
    });
    let said = "";
    child.stderr!.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const [code] = (await once(child, "close")) as [number | null];
    closeSync(device);
    expect([code, said.includes("standard input gives more than")], said).to.deep.equal([exitCodes.data, true]);
  });

  it("holds weights to the place, length and checksum that the model names", async () => {
    const sha1 = createHash("sha1").update(bytes()).digest("hex");
    const outcome = async (entries: Readonly<Record<string, string>>): Promise<readonly [number | null, string]> => {
      writeFileSync(at("placed.onnx"), externalModel("weights.bin", entries));
      const { code, stderr } = await run("placed.onnx");
      return [code, stderr];
    };
    expect((await outcome({ offset: "0", length: "24", checksum: sha1.toUpperCase() }))[0]).to.equal(exitCodes.done);
    const wrong: [Readonly<Record<string, string>>, string][] = [
      [{ checksum: "0".repeat(40) }, "has not the checksum"],
      [{ length: "20" }, "claims 20 bytes"],
      [{ offset: "4" }, "ends before"],
      [{ offset: "-4" }, "no number of bytes"],
    ];
    for (const [entries, says] of wrong) {
      const [code, stderr] = await outcome(entries);
      expect(code, stderr).to.equal(exitCodes.data);
      expect(stderr).to.include(says);
    }
  });

  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    it(`leaves no part of a file behind when ${signal} ends it`, async function () {
      if (onWindows) this.skip();
      const target = at(`${signal}.onnx`);
      const script = `import { writeAtomically } from ${JSON.stringify(new URL("./save.js", import.meta.url).href)};
        await writeAtomically(${JSON.stringify(target)}, new Uint8Array(2 ** 28));`;
      const child = spawn(process.execPath, ["--input-type=module", "--eval", script], { stdio: "ignore" });
      const parts = (): string[] => readdirSync(folder).filter((name) => name.startsWith(`${signal}.onnx`));
      while (parts().length === 0 && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 1));
      child.kill(signal);
      const [, ended] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
      expect(parts()).to.deep.equal([]);
      expect(ended).to.equal(signal);
    });
  }
});
