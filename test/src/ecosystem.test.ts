import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import onnxProto from "onnx-proto";
import { blocksOf } from "./documents.js";
import { INSTALL, npm, pack, publishedPackages, runAlone, succeed, type Outcome, type Packed } from "./packages.js";
import { repositoryPath } from "./shared.js";

/**
 * A user's own operator, perturbation and method, a package of one file (`test/ecosystem`), found and used in projects
 * far from this repository, into which everything was installed from tarballs. npm always; pnpm and Yarn Plug'n'Play,
 * which are fetched from the registry, where LIRPA_ECOSYSTEM=all asks for them.
 */
interface Manager {
  readonly name: string;
  /** How its `package.json` says that packages of ours, wherever they are asked for, are these tarballs. */
  pins(tarballs: Readonly<Record<string, string>>): object;
  readonly files: Readonly<Record<string, string>>;
  install(folder: string): Promise<Outcome>;
  /** Runs `lirpa`, or a script. */
  lirpa(folder: string, args: readonly string[]): Promise<Outcome>;
  node(folder: string, script: string): Promise<Outcome>;
}

const PNPM = ["exec", "--yes", "--prefer-offline", "--package=pnpm@10", "--", "pnpm"] as const;
const YARN = ["exec", "--yes", "--prefer-offline", "--package=@yarnpkg/cli-dist@4", "--", "yarn"] as const;

const YARNRC = [
  "nodeLinker: pnp",
  "enableScripts: false",
  "enableTelemetry: false",
  "enableImmutableInstalls: false",
  "enableGlobalCache: true",
  "",
].join("\n");

const managers: readonly Manager[] = [
  {
    name: "npm",
    pins: () => ({}),
    files: {},
    install: (folder) => npm(INSTALL, folder),
    lirpa: (folder, args) => npm(["exec", "--offline", "--", "lirpa", ...args], folder),
    node: (folder, script) => runAlone(process.execPath, [script], folder),
  },
  {
    name: "pnpm",
    pins: (overrides) => ({ pnpm: { overrides } }),
    files: {},
    install: (folder) =>
      npm([...PNPM, "install", "--prefer-offline", "--ignore-scripts", "--no-frozen-lockfile"], folder),
    lirpa: (folder, args) => npm([...PNPM, "exec", "lirpa", ...args], folder),
    node: (folder, script) => runAlone(process.execPath, [script], folder),
  },
  {
    name: "Yarn Plug'n'Play",
    pins: (resolutions) => ({ resolutions }),
    files: { "yarn.lock": "", ".yarnrc.yml": YARNRC },
    install: (folder) => npm([...YARN, "install"], folder),
    lirpa: (folder, args) => npm([...YARN, "run", "lirpa", ...args], folder),
    node: (folder, script) => npm([...YARN, "node", script], folder),
  },
];

for (const manager of process.env["LIRPA_ECOSYSTEM"] === "all" ? managers : managers.slice(0, 1)) {
  describe(`a user's one-file package, installed by ${manager.name}`, function () {
    this.timeout(300_000);
    const scratch = realpathSync(mkdtempSync(join(tmpdir(), "lirpa-ecosystem-")));
    const project = join(scratch, "project");
    let packed: readonly Packed[] = [];
    const allow = (...plugins: readonly string[]): void => {
      const manifest = JSON.parse(readFileSync(join(project, "package.json"), "utf8")) as object;
      writeFileSync(join(project, "package.json"), JSON.stringify({ ...manifest, lirpa: { plugins } }));
    };
    const lirpa = (...args: readonly string[]): Promise<Outcome> => manager.lirpa(project, args);

    before(async () => {
      mkdirSync(join(project, "deep"), { recursive: true });
      packed = await pack(needed(), scratch);
      const tarballs = Object.fromEntries(packed.map(({ manifest, tarball }) => [manifest.name, `file:${tarball}`]));
      const plugin = `file:${await packPlugin(scratch)}`;
      const names = ["lirpa", "@lirpa/core", "@lirpa/conformance"];
      const asked = Object.fromEntries(names.map((name) => [name, tarballs[name]]));
      const manifest = {
        name: "project",
        private: true,
        type: "module",
        dependencies: { ...asked, ...(manager.name === "npm" && tarballs) },
        devDependencies: { "lirpa-plugin-example": plugin },
        ...manager.pins(tarballs),
      };
      writeFileSync(join(project, "package.json"), JSON.stringify(manifest));
      for (const [name, text] of Object.entries(manager.files)) writeFileSync(join(project, name), text);
      await succeed(manager.install(project));
      writeFileSync(join(project, "model.onnx"), model());
      const query = (eps: number, others: object = {}): string => {
        const perturbation = { type: "brightness", eps };
        return JSON.stringify({ inputs: [{ name: "x", center: [0.5, 0.25], perturbation }], ...others });
      };
      const written = {
        "query.json": query(0.1),
        "wide.json": query(1),
        "shallow.json": query(1, { relaxation: { "com.example:HalfLeak": "shallow" } }),
        "backward.json": query(0.1, { methodOptions: { "best-of-two": { forward: false } } }),
        "misspelt.json": query(0.1, { methodOptions: { "best-of-two": { forwards: false } } }),
        "bounds.js": BOUNDS,
        "kept.js": KEPT,
        "laws.js": LAWS,
        "options.ts": OPTIONS,
        "tsconfig.json": TSCONFIG,
      };
      for (const [name, text] of Object.entries(written)) writeFileSync(join(project, name), text);
    });

    after(() => rmSync(scratch, { recursive: true, force: true }));

    it("brings nothing from this repository", () => {
      expect(existsSync(join(project, manager.name.startsWith("Yarn") ? ".pnp.cjs" : "node_modules"))).to.equal(true);
      expect(readFileSync(join(project, "package.json"), "utf8")).to.not.include(repositoryPath());
    });

    it("is suggested, but neither imported nor used, until the project allows it", async () => {
      const question = ["bounds", "model.onnx", "--query", "query.json", "--json"];
      const [list, bounds] = [await lirpa("plugins", "--json"), await lirpa(...question)];
      const method = await lirpa(...question, "--method", "best-of-two");
      const coverage = await lirpa("coverage", "model.onnx");
      const { allowed, suggested } = JSON.parse(await succeed(Promise.resolve(list))) as Listed;
      expect([allowed, suggested.map(({ name }) => name)]).to.deep.equal([[], ["lirpa-plugin-example"]]);
      expect(bounds.code).to.not.equal(0);
      expect(bounds.stdout).to.not.include("lower");
      const advice = "Add lirpa-plugin-example, which is installed, to lirpa.plugins in package.json.";
      expect(bounds.stderr).to.include("HalfLeak of domain com.example").and.include(advice);
      expect(method.stderr).to.include('no method "best-of-two"').and.include(advice);
      expect(coverage.stdout).to.include("HalfLeak of domain com.example").and.include(advice);
    });

    it("is found by the command once it is allowed, and nothing is wrong with it", async () => {
      allow("lirpa-plugin-example");
      const { allowed, suggested, problems } = JSON.parse(await succeed(lirpa("plugins", "--json"))) as Listed;
      expect(allowed).to.have.length(1);
      const brings = { operators: ["com.example:HalfLeak"], perturbations: ["brightness"], methods: ["best-of-two"] };
      expect(allowed[0]).to.deep.include({ name: "lirpa-plugin-example", version: "1.0.0", ...brings });
      expect([suggested, problems]).to.deep.equal([[], []]);
      expect(await succeed(lirpa("plugins", "doctor"))).to.include("Nothing is wrong.");
      const { nodes } = JSON.parse(await succeed(lirpa("coverage", "model.onnx", "--json"))) as Covered;
      const leak = nodes.find(({ operator }) => operator === "HalfLeak")!;
      expect(leak).to.deep.include({ status: "covered", kind: "elementwise", plugin: "lirpa-plugin-example" });
      expect(leak.methods).to.include({ crown: "tight", "best-of-two": "tight" });
    });

    it("is used by the command, with every method", async () => {
      const names = ["ibp", "crown-ibp", "crown", "alpha-crown", "best-of-two"];
      const question = ["bounds", "model.onnx", "--query", "query.json", "--method", names.join(), "--json"];
      const printed = await succeed(lirpa(...question));
      const answers = JSON.parse(printed) as readonly (Answer & { readonly method: string })[];
      expect(answers.map(({ method }) => method)).to.deep.equal(names);
      for (const answer of answers) expectBounds(answer);
    });

    it("draws the lines that a query names", async () => {
      const bounded = async (query: string): Promise<Answer> =>
        JSON.parse(await succeed(lirpa("bounds", "model.onnx", "--query", query, "--json"))) as Answer;
      // The sum is within [−1.25, 2.75] now, the difference is 0.25. Below f lies the line of slope 1, or of slope 1/2.
      expect((await bounded("wide.json")).lower[0]).to.be.closeTo(0.25 - 1.25, 1e-5);
      expect((await bounded("shallow.json")).lower[0]).to.be.closeTo((0.25 - 1.25) / 2, 1e-5);
    });

    it("reads options of its method, and refuses others", async () => {
      const bounded = (query: string): Promise<Outcome> =>
        lirpa("bounds", "model.onnx", "--query", query, "--method", "best-of-two", "--json");
      expectBounds(JSON.parse(await succeed(bounded("backward.json"))) as Answer);
      expect((await bounded("misspelt.json")).stderr)
        .to.include("forwards")
        .and.include("Did you mean forward?");
    });

    it("keeps its method's programs on disk: the next process records and compiles nothing", async () => {
      const run = async (): Promise<Answer & { readonly seconds: Seconds }> =>
        JSON.parse(await succeed(manager.node(project, "kept.js"))) as Answer & { readonly seconds: Seconds };
      const [first, second] = [await run(), await run()];
      expect(first.seconds.compile).to.be.greaterThan(0);
      expect([second.seconds.record, second.seconds.compile]).to.deep.equal([0, 0]);
      for (const answer of [first, second]) expectBounds(answer);
    });

    it("has a method that obeys the laws, where it is installed", async () => {
      const printed = await succeed(manager.node(project, "laws.js"));
      expect(printed)
        .to.match(/bounds all samples/)
        .and.match(/^# fail 0$|^ℹ fail 0$/m);
    });

    it("has options with types of its own", async function () {
      // The compiler does not read archives.
      if (manager.name.startsWith("Yarn")) this.skip();
      const compiler = repositoryPath("node_modules", ".bin", "tsc");
      expect(await runAlone(process.execPath, [compiler, "-p", "."], project)).to.deep.include({ code: 0, stdout: "" });
    });

    it("is used by the API, without being named in the code", async () => {
      expectBounds(JSON.parse(await succeed(manager.node(project, "bounds.js"))) as Answer);
    });

    it("is missed by name where it is not installed", async () => {
      allow("lirpa-plugin-example", "lirpa-plugin-nowhere");
      const { code, stderr } = await lirpa("bounds", "model.onnx", "--query", "query.json");
      expect(code).to.not.equal(0);
      expect(stderr).to.include("[lirpa-plugin-nowhere]").and.include("not installed");
    });
  });
}

describe("a project of your own, as the README makes it", function () {
  this.timeout(300_000);
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), "lirpa-readme-")));
  const blocks = blocksOf("README.md").filter(({ flags }) => flags.includes("project"));

  after(() => rmSync(scratch, { recursive: true, force: true }));

  it("bounds a model by command and by its first program", async () => {
    // The checkout, as far as the project reads it; it is packed into a folder of this test.
    const tarballs = join(scratch, "lirpa", "tarballs");
    await pack(publishedPackages(), tarballs);
    cpSync(repositoryPath("examples", "quickstart"), join(scratch, "lirpa", "examples", "quickstart"), {
      recursive: true,
    });
    const steps = blocks.find(({ language }) => language === "sh")!.text.split("\n");
    expect(steps[0]).to.equal("(cd lirpa && npm run pack)");
    const command = ["set -e", ...steps.slice(1)].join("\n");
    const quiet = { npm_config_prefer_offline: "true", npm_config_audit: "false", npm_config_fund: "false" };
    expect(await succeed(runAlone("bash", ["-c", command], scratch, quiet))).to.match(/^crown +y \[1, 1\]/m);

    const { file, text } = blocks.find(({ language }) => language === "js")!;
    const project = join(scratch, "my-project");
    writeFileSync(join(project, file!), text);
    const printed = await succeed(runAlone(process.execPath, [file!], project));
    expect(printed).to.equal("Output 0 stays the greater one.\n");
  });
});

interface Listed {
  readonly allowed: readonly { readonly name: string }[];
  readonly suggested: readonly { readonly name: string }[];
  readonly problems: readonly unknown[];
}

interface Covered {
  readonly nodes: readonly {
    readonly operator: string;
    readonly methods: Readonly<Record<string, string>>;
  }[];
}

interface Seconds {
  readonly record: number;
  readonly compile: number;
}

interface Answer {
  readonly lower: readonly number[];
  readonly upper: readonly number[];
}

/**
 * y = f(x1 − x2) + f(x1 + x2) at (0.5, 0.25): the difference does not change with brightness, the sum is within
 * [0.55, 0.95]. Both are positive, so that every method that starts exactly gives the exact bounds.
 */
function expectBounds({ lower, upper }: Answer): void {
  expect(lower[0]).to.be.closeTo(0.8, 1e-5);
  expect(upper[0]).to.be.closeTo(1.2, 1e-5);
}

const BOUNDS = `
import { createLirpa, perturbed } from "lirpa";

const lirpa = await createLirpa();
const model = await lirpa.load("model.onnx");
const { lower, upper } = await model.bounds({ x: perturbed([0.5, 0.25], { type: "brightness", eps: 0.1 }) });
console.log(JSON.stringify({ lower: [...lower], upper: [...upper] }));
await lirpa.dispose();
`;

const KEPT = `
import { createLirpa, perturbed } from "lirpa";

const lirpa = await createLirpa({ cacheFolder: "kept" });
const model = await lirpa.load("model.onnx");
const inputs = { x: perturbed([0.5, 0.25], { type: "brightness", eps: 0.1 }) };
const { lower, upper, seconds } = await model.bounds(inputs, { method: "best-of-two" });
console.log(JSON.stringify({ lower: [...lower], upper: [...upper], seconds }));
await lirpa.dispose();
`;

const LAWS = `
import { describe, it } from "node:test";
import { describeMethod } from "@lirpa/conformance";
import plugin from "lirpa-plugin-example";

Object.assign(globalThis, { describe, it });
for (const method of plugin.methods) describeMethod(method);
`;

const OPTIONS = `
import { createLirpa, perturbed } from "lirpa";
import type {} from "lirpa-plugin-example";

const lirpa = await createLirpa();
const model = await lirpa.load("model.onnx");
const inputs = { x: perturbed([0.5, 0.25], { type: "brightness", eps: 0.1 }) };
await model.bounds(inputs, { method: "best-of-two", methodOptions: { "best-of-two": { forward: false } } });
await model.bounds(inputs, { method: "alpha-crown", methodOptions: { "alpha-crown": { iterations: 3 } } });
// @ts-expect-error
await model.bounds(inputs, { method: "best-of-two", methodOptions: { "best-of-two": { forward: "no" } } });
// @ts-expect-error
await model.bounds(inputs, { method: "best-of-two", methodOptions: { "best-of-three": {} } });
`;

const TSCONFIG = JSON.stringify({
  compilerOptions: { module: "nodenext", target: "es2023", strict: true, noEmit: true, skipLibCheck: true, types: [] },
  files: ["options.ts"],
});

/** lirpa, the laws, and what they depend on. */
function needed(): ReturnType<typeof publishedPackages> {
  const packages = publishedPackages();
  const names = new Set(["lirpa", "@lirpa/conformance"]);
  for (const name of names) {
    const { dependencies = {}, peerDependencies = {} } = packages.find(
      ({ manifest }) => manifest.name === name,
    )!.manifest;
    const asked = [...Object.keys(dependencies), ...Object.keys(peerDependencies)];
    for (const dependency of asked) if (dependency.startsWith("@lirpa/")) names.add(dependency);
  }
  return packages.filter(({ manifest }) => names.has(manifest.name));
}

async function packPlugin(scratch: string): Promise<string> {
  const folder = join(scratch, "lirpa-plugin-example");
  cpSync(repositoryPath("test", "ecosystem", "lirpa-plugin-example"), folder, { recursive: true });
  await succeed(npm(["pack", "--pack-destination", scratch, "--loglevel=error"], folder));
  return join(scratch, "lirpa-plugin-example-1.0.0.tgz");
}

/** x [1, 2] → Gemm → HalfLeak → Gemm → y [1, 1]. */
function model(): Uint8Array {
  const { ModelProto, TensorProto } = onnxProto.onnx;
  const { FLOAT } = TensorProto.DataType;
  const value = (name: string, dims: readonly number[]): object => ({
    name,
    type: { tensorType: { elemType: FLOAT, shape: { dim: dims.map((dimValue) => ({ dimValue })) } } },
  });
  return ModelProto.encode({
    irVersion: 8,
    opsetImport: [
      { domain: "", version: 17 },
      { domain: "com.example", version: 1 },
    ],
    graph: {
      name: "example",
      input: [value("x", [1, 2])],
      output: [value("y", [1, 1])],
      initializer: [
        { name: "w1", dims: [2, 2], dataType: FLOAT, floatData: [1, 1, -1, 1] },
        { name: "w2", dims: [2, 1], dataType: FLOAT, floatData: [1, 1] },
      ],
      node: [
        { name: "mix", opType: "Gemm", input: ["x", "w1"], output: ["h"] },
        { name: "leak", opType: "HalfLeak", domain: "com.example", input: ["h"], output: ["a"] },
        { name: "sum", opType: "Gemm", input: ["a", "w2"], output: ["y"] },
      ],
    },
  }).finish();
}
