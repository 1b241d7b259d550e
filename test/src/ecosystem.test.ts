import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import onnxProto from "onnx-proto";
import { blocksOf } from "./documents.js";
import { INSTALL, npm, pack, publishedPackages, runAlone, succeed, type Outcome, type Packed } from "./packages.js";
import { repositoryPath } from "./shared.js";

/**
 * A user's own operator and perturbation, a package of one file (`test/ecosystem`), found and used in projects far from
 * this repository, into which everything was installed from tarballs. npm always; pnpm and Yarn Plug'n'Play, which are
 * fetched from the registry, where LIRPA_ECOSYSTEM=all asks for them.
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
    install: (folder) => npm([...PNPM, "install", "--prefer-offline", "--ignore-scripts", "--no-frozen-lockfile"], folder),
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
      const dependencies = { lirpa: tarballs["lirpa"], "@lirpa/core": tarballs["@lirpa/core"], ...(manager.name === "npm" && tarballs) };
      writeFileSync(join(project, "package.json"), JSON.stringify({ name: "project", private: true, type: "module", dependencies, devDependencies: { "lirpa-plugin-example": plugin }, ...manager.pins(tarballs) }));
      for (const [name, text] of Object.entries(manager.files)) writeFileSync(join(project, name), text);
      await succeed(manager.install(project));
      writeFileSync(join(project, "model.onnx"), model());
      writeFileSync(join(project, "query.json"), JSON.stringify({ inputs: [{ name: "x", center: [0.5, 0.25], perturbation: { type: "brightness", eps: 0.1 } }] }));
      writeFileSync(join(project, "bounds.js"), SCRIPT);
    });

    after(() => rmSync(scratch, { recursive: true, force: true }));

    it("brings nothing from this repository", () => {
      expect(existsSync(join(project, manager.name.startsWith("Yarn") ? ".pnp.cjs" : "node_modules"))).to.equal(true);
      expect(readFileSync(join(project, "package.json"), "utf8")).to.not.include(repositoryPath());
    });

    it("is suggested, but neither imported nor used, until the project allows it", async () => {
      const [list, bounds] = [await lirpa("plugins", "--json"), await lirpa("bounds", "model.onnx", "--query", "query.json", "--json")];
      const { allowed, suggested } = JSON.parse(await succeed(Promise.resolve(list))) as Listed;
      expect([allowed, suggested.map(({ name }) => name)]).to.deep.equal([[], ["lirpa-plugin-example"]]);
      expect(bounds.code).to.not.equal(0);
      expect(bounds.stdout).to.not.include("lower");
      expect(bounds.stderr).to.include("HalfLeak of domain com.example").and.include("lirpa-plugin-example");
    });

    it("is found by the command once it is allowed, and nothing is wrong with it", async () => {
      allow("lirpa-plugin-example");
      const { allowed, suggested, problems } = JSON.parse(await succeed(lirpa("plugins", "--json"))) as Listed;
      expect(allowed).to.have.length(1);
      expect(allowed[0]).to.deep.include({ name: "lirpa-plugin-example", version: "1.0.0", operators: ["com.example:HalfLeak"], perturbations: ["brightness"] });
      expect([suggested, problems]).to.deep.equal([[], []]);
      expect(await succeed(lirpa("plugins", "doctor"))).to.include("Nothing is wrong.");
      expect(await succeed(lirpa("coverage", "model.onnx"))).to.match(/com\.example:HalfLeak +elementwise +lirpa-plugin-example +all +tight/);
    });

    it("is used by the command, with every method", async () => {
      const answers = JSON.parse(await succeed(lirpa("bounds", "model.onnx", "--query", "query.json", "--method", "ibp,crown-ibp,crown,alpha-crown", "--json"))) as readonly (Answer & { readonly method: string })[];
      expect(answers.map(({ method }) => method)).to.deep.equal(["ibp", "crown-ibp", "crown", "alpha-crown"]);
      for (const answer of answers) expectBounds(answer);
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
    cpSync(repositoryPath("examples", "quickstart"), join(scratch, "lirpa", "examples", "quickstart"), { recursive: true });
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

const SCRIPT = `
import { createLirpa, perturbed } from "lirpa";

const lirpa = await createLirpa();
const model = await lirpa.load("model.onnx");
const { lower, upper } = await model.bounds({ x: perturbed([0.5, 0.25], { type: "brightness", eps: 0.1 }) });
console.log(JSON.stringify({ lower: [...lower], upper: [...upper] }));
await lirpa.dispose();
`;

/** lirpa and what it depends on. */
function needed(): ReturnType<typeof publishedPackages> {
  const packages = publishedPackages();
  const names = new Set(["lirpa"]);
  for (const name of names) {
    const { dependencies = {}, peerDependencies = {} } = packages.find(({ manifest }) => manifest.name === name)!.manifest;
    for (const dependency of [...Object.keys(dependencies), ...Object.keys(peerDependencies)]) if (dependency.startsWith("@lirpa/")) names.add(dependency);
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
  const value = (name: string, dims: readonly number[]): object => ({ name, type: { tensorType: { elemType: FLOAT, shape: { dim: dims.map((dimValue) => ({ dimValue })) } } } });
  return ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ domain: "", version: 17 }, { domain: "com.example", version: 1 }],
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
