import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { definePlugin, defineOperator, type Operator } from "@lirpa/core/plugin";
import { isLirpaError } from "@lirpa/core";
import type { OperatorCases } from "./operator/describe.js";
import { fromJson, randomGraph, toJson } from "./fuzz/graph.js";
import { fuzz, graphSeed, replay } from "./fuzz/run.js";
import { wrongLines } from "./wrong/lines.js";

const tripled: Operator = defineOperator({
  type: "Tripled",
  domain: "lirpa",
  sinceVersion: 1,
  kind: "linear",
  inputs: ["x"],
  forward: ({ t }, x) => t.mul(x, 3),
  nonnegative: true,
});
const wrong = { ...wrongLines[0]!.operator, domain: "lirpa" };
const cases: OperatorCases = { "lirpa:Tripled": [{ inputs: [[3]] }], "lirpa:UpperLineLowered": [{ inputs: [[3]] }] };
const right = definePlugin({ name: "right", apiVersion: 2, operators: [tripled] });
const both = definePlugin({ name: "both", apiVersion: 2, operators: [tripled, wrong] });

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
    const [first, second] = [
      await fuzz({ plugins: [both], cases, runs: 40, seed: 9 }),
      await fuzz({ plugins: [both], cases, runs: 40, seed: 9 }),
    ];
    expect(first).to.deep.equal(second);
  });

  it("of neighbouring seeds are others", () => {
    const [a, b, c] = [graphsOf(11), graphsOf(12), graphsOf(13)];
    expect(a.size).to.equal(40);
    for (const [one, other] of [
      [a, b],
      [b, c],
      [a, c],
    ] as const)
      expect([...one].filter((graph) => other.has(graph))).to.deep.equal([]);
  });

  it("hold operators of a stranger's domain, of any version", async () => {
    const stranger = definePlugin({
      name: "stranger",
      apiVersion: 2,
      operators: [{ ...tripled, domain: "com.example", sinceVersion: 3 }],
    });
    const { operators, untried } = await fuzz({
      plugins: [stranger],
      cases: { "com.example:Tripled": [{ inputs: [[3]] }] },
      runs: 10,
      seed: 5,
    });
    expect(operators).to.include("Tripled");
    expect(untried).to.deep.equal([]);
  });

  it("name the operators that nobody gives cases of", async () => {
    const { failure, untried } = await fuzz({
      plugins: [both],
      cases: { "lirpa:Tripled": cases["lirpa:Tripled"]! },
      runs: 5,
      seed: 5,
    });
    expect([failure, untried]).to.deep.equal([undefined, ["lirpa:UpperLineLowered"]]);
  });

  it("are refused where no operator has a case", async () => {
    let error: unknown;
    await fuzz({ plugins: [right], runs: 1, seed: 1 }).catch((caught: unknown) => (error = caught));
    expect(isLirpaError(error) && error.code).to.equal("LIRPA_OPTION");
  });
});

/** The first graphs of a run, each as text. */
function graphsOf(seed: number): Set<string> {
  const ingredient = { operator: tripled, example: { inputs: [[3]] }, outputs: [[3]] };
  const graphs = Array.from({ length: 40 }, (_, i) => randomGraph(graphSeed(seed, i), [ingredient]));
  return new Set(graphs.map((drawn) => toJson({ ...drawn, seed: 0, graph: { ...drawn.graph, name: "" } })));
}

describe("The command lirpa-fuzz", function () {
  this.timeout(60_000);
  const command = fileURLToPath(new URL("./fuzz.js", import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "lirpa-fuzz-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const core = JSON.stringify(import.meta.resolve("@lirpa/core/plugin"));
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, [command, "--runs", "20", ...args], { encoding: "utf8", cwd: folder });
  const shrink = (slope: number): string => `import { defineOperator, definePlugin } from ${core};
    const shrink = defineOperator({
      type: "Shrink", domain: "com.example", sinceVersion: 2, kind: "elementwise",
      inputs: ["x"], monotone: "increasing",
      forward: ({ t }, x) => t.mul(x, 0.5),
      relax: () => ({ lower: { slope: ${slope}, intercept: 0 }, upper: { slope: ${slope}, intercept: 0 } }),
    });
    export default definePlugin({ name: "lirpa-plugin-shrink", apiVersion: 2, operators: [shrink] });`;

  before(() => {
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "project" }));
    writeFileSync(join(folder, "right.mjs"), shrink(0.5));
    writeFileSync(join(folder, "wrong.mjs"), shrink(0.75));
    writeFileSync(join(folder, "cases.mjs"), 'export const cases = { "com.example:Shrink": [{ inputs: [[3]] }] };');
    const installed = join(folder, "node_modules", "lirpa-plugin-shrink");
    mkdirSync(installed, { recursive: true });
    writeFileSync(
      join(installed, "package.json"),
      JSON.stringify({
        name: "lirpa-plugin-shrink",
        type: "module",
        exports: { ".": "./index.js", "./cases": "./cases.js" },
      }),
    );
    writeFileSync(join(installed, "index.js"), shrink(0.75));
    writeFileSync(join(installed, "cases.js"), 'export const cases = { "com.example:Shrink": [{ inputs: [[2]] }] };');
  });

  it("says how it is called, and refuses what it does not know", () => {
    const help = run("--help");
    expect(help.stdout).to.contain("--runs").and.contain("--seed").and.contain("--case").and.contain("--cases");
    for (const wrong of [
      ["--runs", "none"],
      ["--runz", "3"],
      ["--plugins", "nowhere"],
      ["--cases", "./nowhere.mjs"],
      ["--cases", "./right.mjs"],
    ]) {
      const { status, stdout, stderr } = run(...wrong);
      expect([status, stdout], wrong.join(" ")).to.deep.equal([64, ""]);
      expect(stderr).to.not.match(/^\s+at /m);
    }
  });

  it("draws a stranger's operator where its cases are given", () => {
    const right = run("--plugins", "./right.mjs", "--cases", "./cases.mjs");
    expect([right.status, right.stderr]).to.deep.equal([0, ""]);
    expect(right.stdout).to.include("all methods are sound");
    const wrong = run("--plugins", "./wrong.mjs", "--cases", "./cases.mjs");
    expect(wrong.status).to.equal(1);
    expect(wrong.stdout).to.include("Shrink(");
  });

  it("takes the cases that a package brings", () => {
    const { status, stdout } = run("--plugins", "lirpa-plugin-shrink");
    expect([status, stdout.includes("Shrink(")]).to.deep.equal([1, true]);
  });

  it("fails, and names it, where an operator has no case", () => {
    const both = run("--plugins", "./right.mjs");
    expect(both.status).to.equal(64);
    expect(both.stderr).to.include("no operator with a case");
    const { status, stdout } = run(
      "--plugins",
      `${fileURLToPath(import.meta.resolve("@lirpa/plugin-activation"))},./right.mjs`,
    );
    expect(status).to.equal(1);
    expect(stdout).to.include("com.example:Shrink").and.not.include("all methods are sound");
  });
});
