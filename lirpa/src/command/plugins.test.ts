import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { standardPlugins } from "../standard-plugins.js";
import { exitCodes } from "./exit-codes.js";
import { lirpa, model, oneNode, queue, temporaryFolder, writeExample } from "./support.test.js";

const core = dirname(createRequire(import.meta.url).resolve("@lirpa/core/package.json"));

/** Puts a package into a project. */
function install(project: string, name: string, code: string, field: object = { apiVersion: 2 }): void {
  const folder = join(project, "node_modules", name);
  mkdirSync(folder, { recursive: true });
  const manifest = {
    name,
    version: "1.2.3",
    type: "module",
    exports: { ".": { default: "./index.js" }, "./package.json": "./package.json" },
    lirpa: field,
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(folder, "index.js"), code);
}

const tripling = (name: string): string => `
  import { definePlugin, defineOperator } from "@lirpa/core/plugin";
  const triple = defineOperator({
    type: "Triple", domain: "com.example", sinceVersion: 1, kind: "linear", inputs: ["X"], nonnegative: true,
    forward: ({ t }, x) => t.mul(x, 3),
  });
  export default definePlugin({ name: ${JSON.stringify(name)}, apiVersion: 2, operators: [triple] });`;

const bounding = (name: string): string => `
  import { defineMethod } from "@lirpa/core/recording";
  import { definePlugin } from "@lirpa/core/plugin";
  import { standardMethods } from "@lirpa/core";
  const crown = standardMethods.find(({ name }) => name === "crown");
  const own = defineMethod({ ...crown, name: "own-crown", needs: "forward", program: undefined });
  export default definePlugin({ name: ${JSON.stringify(name)}, apiVersion: 2, methods: [own] });`;

function project(folder: string, name: string, manifest: object): string {
  const path = join(folder, name);
  mkdirSync(join(path, "node_modules", "@lirpa"), { recursive: true });
  symlinkSync(core, join(path, "node_modules", "@lirpa", "core"), "junction");
  writeFileSync(join(path, "package.json"), JSON.stringify(manifest));
  writeExample(path);
  writeFileSync(join(path, "triple.onnx"), oneNode({ opType: "Triple", domain: "com.example" }));
  return path;
}

describe("plugins of a project", function () {
  this.timeout(60_000);
  const folder = temporaryFolder();
  const enqueue = queue();
  const run = (cwd: string, ...args: readonly string[]): ReturnType<typeof lirpa> =>
    enqueue(() => lirpa(args, { cwd }));
  let fine = "";
  let broken = "";
  let waiting = "";

  before(() => {
    const brings = { apiVersion: 2, operators: ["com.example:Triple"] };
    fine = project(folder, "fine", { dependencies: { other: "*" }, lirpa: { plugins: ["tripling"] } });
    install(fine, "tripling", tripling("tripling"), brings);
    install(fine, "other", "throw new Error('imported');", { apiVersion: 2, operators: ["Frobnicate"] });
    waiting = project(folder, "waiting", { dependencies: { tripling: "*", bounding: "*" } });
    install(waiting, "bounding", "throw new Error('imported');", { apiVersion: 2, methods: ["own-crown"] });
    install(waiting, "tripling", "throw new Error('imported');", brings);
    broken = project(folder, "broken", { lirpa: { plugins: ["absent", "throwing", "old"] } });
    install(broken, "throwing", "throw new Error('no luck');");
    install(broken, "old", tripling("old"), { apiVersion: 0 });
  });

  it("are listed by their manifests", async () => {
    const [text, json] = await Promise.all([run(fine, "plugins"), run(fine, "plugins", "--json")]);
    for (const { code, stderr } of [text, json]) expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
    expect(text.stdout)
      .to.match(/^ {2}tripling +1\.2\.3 +allowed +com\.example:Triple$/m)
      .and.match(/^ {2}other +1\.2\.3 +suggested +Frobnicate$/m);
    expect(text.stdout).to.include('"lirpa": { "plugins": ["other"] }');
    const listed = JSON.parse(json.stdout) as Record<
      "standard" | "allowed" | "suggested" | "problems",
      { readonly name: string }[]
    >;
    expect(listed.standard.map(({ name }) => name)).to.deep.equal(standardPlugins.map(({ name }) => name));
    // No model has the operators that only expansions are made of.
    expect(json.stdout).to.include('"Mul"').and.not.include("lirpa:");
    expect([
      listed.allowed.map(({ name }) => name),
      listed.suggested.map(({ name }) => name),
      listed.problems,
    ]).to.deep.equal([["tripling"], ["other"], []]);
  });

  it("are used once they are allowed, without a word", async () => {
    const { code, stdout, stderr } = await run(fine, "bounds", "triple.onnx", "--query", "query.json", "--json");
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
    // 3 (x1 − x2) for x1 in [0.4, 0.6] and x2 in [−0.35, −0.15]
    const { lower, upper } = JSON.parse(stdout) as {
      readonly lower: readonly number[];
      readonly upper: readonly number[];
    };
    expect(lower[0]).to.be.closeTo(1.65, 1e-5);
    expect(upper[0]).to.be.closeTo(2.85, 1e-5);
  });

  it("are named where they would help, and not imported", async () => {
    const [bounds, coverage] = await Promise.all([
      run(waiting, "bounds", "triple.onnx", "--query", "query.json"),
      run(waiting, "coverage", "triple.onnx"),
    ]);
    expect([bounds.code, bounds.stdout]).to.deep.equal([exitCodes.unavailable, ""]);
    expect(coverage.code).to.equal(exitCodes.unavailable);
    const advice = "Add tripling, which is installed, to lirpa.plugins in package.json.";
    expect(
      [bounds.stderr, coverage.stdout].map((text) => text.includes(advice)),
      bounds.stderr,
    ).to.deep.equal([true, true]);
  });

  it("bring methods, which the command takes like its own", async () => {
    const own = project(folder, "own", { lirpa: { plugins: ["bounding"] } });
    install(own, "bounding", bounding("bounding"), { apiVersion: 2, methods: ["own-crown"] });
    const query = ["model.onnx", "--query", "query.json"];
    const [list, bounds, misspelt, coverage, saved, doctor] = await Promise.all([
      run(own, "plugins"),
      run(own, "bounds", ...query, "--method", "crown,own-crown", "--json"),
      run(own, "bounds", ...query, "-m", "own-crwn"),
      run(own, "coverage", "model.onnx", "--json"),
      run(own, "bounds", ...query, "-m", "own-crown", "--save", "out.onnx"),
      run(own, "plugins", "doctor"),
    ]);
    expect(list.stdout).to.match(/^ {2}bounding +1\.2\.3 +allowed +own-crown$/m);
    expect({ code: bounds.code, stderr: bounds.stderr }).to.deep.equal({ code: 0, stderr: "" });
    const [crown, same] = JSON.parse(bounds.stdout) as { readonly method: string; readonly lower: readonly number[] }[];
    expect([same!.method, same!.lower]).to.deep.equal(["own-crown", crown!.lower]);
    expect([misspelt.code, misspelt.stdout]).to.deep.equal([exitCodes.usage, ""]);
    expect(misspelt.stderr).to.match(/no method "own-crwn"\. Did you mean own-crown\?.*alpha-crown, own-crown\.\n$/);
    const { nodes } = JSON.parse(coverage.stdout) as { readonly nodes: readonly { readonly methods: object }[] };
    expect(nodes[0]!.methods).to.include({ "own-crown": "tight" });
    expect(saved.code).to.equal(exitCodes.usage);
    expect(saved.stderr).to.include("own-crown is a sequence of programs");
    expect(doctor.stdout).to.include("Nothing is wrong.");
  });

  it("are named where their method would help", async () => {
    const bounds = await run(waiting, "bounds", "model.onnx", "--query", "query.json", "--method", "own-crown");
    expect([bounds.code, bounds.stdout]).to.deep.equal([exitCodes.usage, ""]);
    expect(bounds.stderr).to.include("Add bounding, which is installed, to lirpa.plugins in package.json.");
  });

  it("may be files of the project, which are then used by command", async () => {
    const local = project(folder, "local", { lirpa: { plugins: ["./triple.mjs"] } });
    writeFileSync(join(local, "triple.mjs"), tripling("anything"));
    const bounds = await run(local, "bounds", "triple.onnx", "--query", "query.json", "--json");
    expect({ code: bounds.code, stderr: bounds.stderr }).to.deep.equal({ code: 0, stderr: "" });
    expect((await run(local, "plugins")).stdout).to.match(/^ {2}\.\/triple\.mjs +allowed/m);
    expect((await run(local, "plugins", "doctor")).stdout).to.include("Nothing is wrong.");
  });

  it("stop every command before it begins where they cannot be loaded", async () => {
    for (const args of [
      ["bounds", "model.onnx", "--query", "query.json"],
      ["coverage", "model.onnx"],
    ]) {
      const { code, stdout, stderr } = await run(broken, ...args);
      expect({ code, stdout }).to.deep.equal({ code: exitCodes.unavailable, stdout: "" });
      expect(stderr).to.match(/^lirpa: \[absent\][^\n]*not installed\. Run npm install absent[^\n]*\n$/);
    }
  });

  it("are all examined by the doctor", async () => {
    const [well, ill, json, none] = await Promise.all([
      run(fine, "plugins", "doctor"),
      run(broken, "plugins", "doctor"),
      run(broken, "plugins", "doctor", "--json"),
      run(folder, "plugins", "doctor"),
    ]);
    expect(well).to.deep.include({ code: 0, stderr: "" });
    expect(well.stdout).to.include("allows 1 plugin. Nothing is wrong.");
    expect(ill).to.deep.include({ code: exitCodes.unavailable, stderr: "" });
    expect(ill.stdout.match(/^problem: .*$/gm)).to.have.length(3);
    for (const part of [
      "[absent]",
      "[throwing] throws when it is imported: no luck",
      "[old] was built for generation 0",
    ])
      expect(ill.stdout).to.include(part);
    expect(json.code).to.equal(exitCodes.unavailable);
    const { problems } = JSON.parse(json.stdout) as { readonly problems: readonly Record<string, string>[] };
    for (const problem of problems) expect(problem).to.include.keys("code", "message", "hint", "plugin");
    expect([none.code, none.stdout]).to.deep.equal([0, "There is no project here.\n"]);
  });
});

describe("lirpa coverage", function () {
  this.timeout(60_000);
  const folder = temporaryFolder();
  const enqueue = queue();
  const run = (...args: readonly string[]): ReturnType<typeof lirpa> =>
    enqueue(() => lirpa(["coverage", ...args], { cwd: folder }));

  before(() => {
    writeExample(folder);
    writeFileSync(
      join(folder, "odd.onnx"),
      model({
        node: [
          { name: "fc1", opType: "Gemm", input: ["x", "w1", "b1"], output: ["h"] },
          { name: "act", opType: "Rleu", input: ["h"], output: ["a"] },
          { name: "fc2", opType: "Gemm", input: ["a", "w2"], output: ["y"] },
        ],
      }),
    );
  });

  it("names the rule of each node", async () => {
    const { code, stdout, stderr } = await run("model.onnx");
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
    expect(stdout)
      .to.match(/^ {2}act +Relu +elementwise +@lirpa\/plugin-activation +all +tight$/m)
      .and.include("3 nodes: 3 covered.");
  });

  it("ends with 69 where something is missing, and still names the rest", async () => {
    const [text, json] = await Promise.all([run("odd.onnx"), run("odd.onnx", "--json")]);
    for (const { code, stderr } of [text, json])
      expect({ code, stderr }).to.deep.equal({ code: exitCodes.unavailable, stderr: "" });
    expect(text.stdout)
      .to.match(/^ {2}act +Rleu +missing$/m)
      .and.include("Did you mean Relu?")
      .and.include("3 nodes: 2 covered, 1 missing.");
    const {
      complete,
      nodes,
      model: file,
    } = JSON.parse(json.stdout) as {
      readonly complete: boolean;
      readonly model: string;
      readonly nodes: readonly {
        readonly status: string;
        readonly plugin?: string;
        readonly methods: Record<string, string>;
        readonly problem?: { readonly code: string; readonly hint: string };
      }[];
    };
    expect([complete, file, nodes.map(({ status }) => status)]).to.deep.equal([
      false,
      "odd.onnx",
      ["covered", "missing", "covered"],
    ]);
    expect(nodes[0]).to.deep.include({ plugin: "@lirpa/plugin-linear" });
    expect(nodes[0]!.methods).to.include({ crown: "tight", ibp: "tight" });
    expect(nodes[1]!.problem).to.deep.include({ code: "LIRPA_UNSUPPORTED_OPERATOR", hint: "Did you mean Relu?" });
  });

  it("refuses a broken file in one line", async () => {
    writeFileSync(join(folder, "cut.onnx"), model().subarray(0, 150));
    const { code, stdout, stderr } = await run("cut.onnx");
    expect([code, stdout]).to.deep.equal([exitCodes.data, ""]);
    expect(stderr).to.match(/^lirpa: [^\n]*cut\.onnx[^\n]*\n$/);
  });
});
