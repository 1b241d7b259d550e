import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { standardMethods } from "@lirpa/core";
import { expect } from "chai";
import { readQuery } from "../query-file.js";
import { boundsHelp, coverageHelp, doctorHelp, pluginsHelp, rootHelp } from "./help.js";
import { bin, lirpa, queue, runProcess, temporaryFolder, writeExample } from "./support.test.js";

describe("lirpa --help", function () {
  this.timeout(60_000);
  const folder = temporaryFolder();

  it("and --version answer on standard output", async () => {
    const { version } = JSON.parse(
      readFileSync(fileURLToPath(new URL("../../package.json", import.meta.url)), "utf8"),
    ) as { version: string };
    const [help, bounds, of, print] = await Promise.all(
      [["--help"], ["bounds", "--help"], ["help", "bounds"], ["--version"]].map((args) => lirpa(args)),
    );
    for (const outcome of [help, bounds, of, print]) expect(outcome).to.deep.include({ code: 0, stderr: "" });
    expect(help!.stdout)
      .to.include("Usage: lirpa")
      .and.include("bounds")
      .and.include("Exit codes:")
      .and.include("Examples:");
    expect(bounds!.stdout).to.equal(of!.stdout).and.include("--method").and.include("Examples:");
    expect(print!.stdout).to.equal(`${version}\n`);
    for (const line of bounds!.stdout.split("\n")) expect(line.length, line).to.be.at.most(82);
  });

  it("names every method", async () => {
    const text = (await lirpa(["bounds", "--help"])).stdout.replace(/\s+/g, " ");
    const names = standardMethods.map(({ name }) => name).join(", ");
    expect(text).to.include(`of ${names}, or what a plugin brings (default`);
  });

  it("gives examples that work", async function () {
    if (process.platform === "win32") this.skip();
    writeExample(folder);
    writeFileSync(join(folder, "lirpa"), `#!/bin/sh\nexec "${process.execPath}" "${bin}" "$@"\n`);
    chmodSync(join(folder, "lirpa"), 0o755);
    const examples = [
      ...[rootHelp, boundsHelp, coverageHelp, pluginsHelp, doctorHelp].join("\n").matchAll(/^ {2}\$ (lirpa .*)$/gm),
    ].map(([, line]) => line!);
    expect(examples).to.have.length.above(4);
    const enqueue = queue();
    const env = { PATH: `${folder}${delimiter}${process.env["PATH"] ?? ""}` };
    const outcomes = await Promise.all(
      [...new Set(examples)].map(async (line) => ({
        line,
        ...(await enqueue(() => runProcess("sh", ["-c", line], { cwd: folder, env }))),
      })),
    );
    for (const { line, code, stdout, stderr } of outcomes) {
      expect({ code, stderr }, line).to.deep.equal({ code: 0, stderr: "" });
      expect(stdout, line).to.not.equal("");
    }
  });

  it("shows a query that can be read", () => {
    const text = /^ {2}\{\n[\s\S]*?^ {2}\}$/m.exec(boundsHelp)![0];
    const { inputs, options } = readQuery(text);
    expect(inputs["x"]).to.deep.include({ center: [0.5, -0.25], set: { type: "linf", eps: 0.1 } });
    expect(options.spec).to.deep.equal([[1, -1]]);
  });

  it("and complaints about usage load nothing heavy", () => {
    const seen = new Set<string>();
    const packages = new Set<string>();
    const visit = (url: URL): void => {
      if (seen.has(url.href)) return;
      seen.add(url.href);
      for (const [, name] of readFileSync(fileURLToPath(url), "utf8").matchAll(
        /^(?:import|export) .*?from "([^"]+)";$/gm,
      )) {
        if (name!.startsWith(".")) visit(new URL(name!, url));
        else if (!name!.startsWith("node:")) packages.add(name!);
      }
    };
    visit(new URL("./main.js", import.meta.url));
    expect([...packages]).to.have.members(["@lirpa/core/plugin", "commander", "picocolors"]);
  });
});
