import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { definePlugin, defineOperator, type Operator } from "@lirpa/core";
import type { OperatorCases } from "./operator/describe.js";
import { fromJson, toJson } from "./fuzz/graph.js";
import { fuzz, replay } from "./fuzz/run.js";
import { wrongLines } from "./wrong/lines.js";

const tripled: Operator = defineOperator({
  type: "Tripled", domain: "lirpa", sinceVersion: 1, kind: "linear", inputs: ["x"], forward: ({ t }, x) => t.mul(x!, 3), nonnegative: true,
});
// In a domain that random graphs know.
const wrong = { ...wrongLines[0]!.operator, domain: "lirpa" };
const cases: OperatorCases = { "lirpa:Tripled": [{ inputs: [[3]] }], "lirpa:UpperLineLowered": [{ inputs: [[3]] }] };
const right = definePlugin({ name: "right", apiVersion: 1, operators: [tripled] });
const both = definePlugin({ name: "both", apiVersion: 1, operators: [tripled, wrong] });

describe("Random graphs", () => {
  it("are accepted where all operators are right", async () => {
    expect((await fuzz({ plugins: [right], cases, runs: 10, seed: 5 })).failure).to.equal(undefined);
  });

  it("find a wrong operator, shrink to it, and fail again from a file", async () => {
    const { failure } = await fuzz({ plugins: [both], cases, runs: 100, seed: 5 });
    expect(failure?.case.graph.nodes.map(({ type }) => type)).to.deep.equal(["UpperLineLowered"]);
    const read = fromJson(toJson(failure!.case));
    expect(toJson(read)).to.equal(toJson(failure!.case));
    expect(await replay(read, [both])).to.equal(failure!.message);
  });

  it("are the same for the same seed", async () => {
    const [first, second] = [await fuzz({ plugins: [both], cases, runs: 40, seed: 9 }), await fuzz({ plugins: [both], cases, runs: 40, seed: 9 })];
    expect(first).to.deep.equal(second);
  });

  it("are asked for by a command that says how", () => {
    const command = fileURLToPath(new URL("./fuzz.js", import.meta.url));
    const help = spawnSync(process.execPath, [command, "--help"], { encoding: "utf8" });
    expect(help.stdout).to.contain("--runs").and.contain("--seed").and.contain("--case");
    expect(spawnSync(process.execPath, [command, "--runs", "none"], { encoding: "utf8" }).status).to.equal(64);
  });
});
