import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { definePerturbation, definePlugin } from "@lirpa/core/plugin";
import { defineExecutor } from "@lirpa/core/recording";
import { onnxRuntimeExecutor, type Executor, type Plugin } from "./index.js";
import { boundsByBackward, defineMethod, recorded as recordedBy, rowBounds, type Rows } from "@lirpa/core/recording";
import { standardMethods } from "@lirpa/core";
import lpPlugin from "@lirpa/perturbation-lp";
import { createLirpa, lp, perturbed, type LirpaOptions, type BoundOptions } from "./index.js";
import { model, temporaryFolder } from "./command/support.test.js";

const linf = lpPlugin.perturbations.find(({ type }) => type === "linf")!;

/** ONNX Runtime, with a count of the programs that were compiled rather than loaded. */
function counting(): { readonly executor: Executor; readonly count: { compiled: number; loaded: number } } {
  const inner = onnxRuntimeExecutor({ threads: 1 });
  const count = { compiled: 0, loaded: 0 };
  const executor = defineExecutor({
    ...inner,
    compile: (program) => (count.compiled++, inner.compile(program)),
    load: (bytes) => (count.loaded++, inner.load!(bytes)),
  });
  return { executor, count };
}

/** Balls that count how often a recording asks for their geometry. */
function countingSets(name: string): { readonly plugin: Plugin; recorded(): number } {
  let asked = 0;
  const set = definePerturbation<unknown>({
    ...linf,
    type: "counted",
    parse: (query, site) => linf.parse({ ...query, type: "linf" }, site),
    hull: (context) => (asked++, linf.hull(context)),
    concretize: (context, a, side) => (asked++, linf.concretize(context, a, side)),
  });
  return { plugin: definePlugin({ name, apiVersion: 2, perturbations: [set] }), recorded: () => asked };
}

describe("programs on disk", () => {
  const root = temporaryFolder();
  let folders = 0;
  const fresh = (): string => join(root, `cache${folders++}`);
  before(() => writeFileSync(join(root, "model.onnx"), model()));

  /** What a new process would do: nothing in memory. */
  async function bound(
    cacheFolder: string,
    options: BoundOptions & { eps?: number; norm?: number } = {},
    others: LirpaOptions = {},
    file = "model.onnx",
  ) {
    const { executor, count } = counting();
    const { eps = 0.1, norm = Infinity, ...rest } = options;
    const lirpa = await createLirpa({ executor, cacheFolder, ...others });
    const loaded = await lirpa.load(join(root, file));
    const { lower, upper } = await loaded.bounds({ x: perturbed([0.5, -0.25], lp({ norm, eps })) }, rest);
    await lirpa.dispose();
    return { lower: [...lower], upper: [...upper], ...count };
  }
  const filesOf = (folder: string): string[] =>
    existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  const programsOf = (folder: string): string[] => filesOf(folder).filter((name) => name.endsWith(".program"));

  it("are loaded by the next process, which gives the same bounds", async () => {
    const folder = fresh();
    const first = await bound(folder);
    const second = await bound(folder);
    expect([first.compiled, first.loaded, second.compiled, second.loaded]).to.deep.equal([1, 0, 0, 1]);
    expect([second.lower, second.upper]).to.deep.equal([first.lower, first.upper]);
    expect(programsOf(folder)).to.have.length(1);
  });

  for (const { what, options, programs } of [
    { what: "one program", options: {}, programs: 1 },
    { what: "a program for each value", options: { memory: 300 }, programs: 4 },
  ]) {
    it(`are found before anything is recorded: ${what}`, async () => {
      const folder = fresh();
      const layer = (
        i: number,
        from: string,
        w: string,
      ): { name: string; opType: string; input: string[]; output: string[] }[] => [
        { name: `fc${i}`, opType: "Gemm", input: [from, w], output: [`h${i}`] },
        { name: `act${i}`, opType: "Relu", input: [`h${i}`], output: [i === 4 ? "y" : `a${i}`] },
      ];
      writeFileSync(
        join(root, "deep.onnx"),
        model({
          node: [...layer(1, "x", "w1"), ...layer(2, "a1", "w2"), ...layer(3, "a2", "w1"), ...layer(4, "a3", "w2")],
        }),
      );
      const project = fresh();
      const own = join(project, "node_modules", "lirpa-plugin-counted");
      mkdirSync(own, { recursive: true });
      writeFileSync(join(project, "package.json"), "{}");
      writeFileSync(join(own, "package.json"), JSON.stringify({ name: "lirpa-plugin-counted", version: "1.0.0" }));
      const bounds = async (): Promise<{
        readonly recorded: number;
        readonly compiled: number;
        readonly lower: number[];
      }> => {
        const { plugin, recorded } = countingSets("lirpa-plugin-counted");
        const { executor, count } = counting();
        const lirpa = await createLirpa({ executor, cacheFolder: folder, plugins: [plugin], project });
        const { lower } = await (
          await lirpa.load(join(root, "deep.onnx"))
        ).bounds({ x: perturbed([0.5, -0.25], { type: "counted", eps: 0.1 }) }, options);
        await lirpa.dispose();
        return { recorded: recorded(), compiled: count.compiled, lower: [...lower] };
      };
      const [first, second] = [await bounds(), await bounds()];
      expect(first.recorded).to.be.greaterThan(0);
      expect(first.compiled).to.equal(programs);
      expect(programsOf(folder)).to.have.length(programs);
      expect(second).to.deep.equal({ recorded: 0, compiled: 0, lower: first.lower });
    });
  }

  it("are not kept with a plugin that the project names by a path, whose code has no name", async () => {
    const folder = fresh();
    const project = fresh();
    const namesake = join(project, "node_modules", "own");
    mkdirSync(namesake, { recursive: true });
    writeFileSync(join(namesake, "package.json"), JSON.stringify({ name: "own", version: "1.0.0" }));
    writeFileSync(join(project, "package.json"), JSON.stringify({ lirpa: { plugins: ["./own.mjs"] } }));
    const operator = `{
      type: "Double", domain: "com.example", sinceVersion: 1, kind: "linear", inputs: ["X"], nonnegative: true,
      forward: ({ t }, x) => t.mul(x, 2),
    }`;
    const core = new URL(import.meta.resolve("@lirpa/core/plugin")).href;
    writeFileSync(
      join(project, "own.mjs"),
      `
      import { defineOperator, definePlugin } from ${JSON.stringify(core)};
      export default definePlugin({ name: "own", apiVersion: 2, operators: [defineOperator(${operator})] });`,
    );
    expect((await bound(folder, {}, { project })).compiled).to.equal(1);
    expect(filesOf(folder)).to.deep.equal([]);
  });

  it("serve every radius and every matrix of the spec", async () => {
    const folder = fresh();
    await bound(folder, { spec: [[1, -1]] });
    const { compiled, lower } = await bound(folder, {
      eps: 0.2,
      spec: [
        [2, 1],
        [0, 1],
      ],
    });
    expect(compiled).to.equal(0);
    expect(lower).to.deep.equal(
      (
        await bound(fresh(), {
          eps: 0.2,
          spec: [
            [2, 1],
            [0, 1],
          ],
        })
      ).lower,
    );
  });

  it("are told apart by method, options, set, spec, and the content of the model", async () => {
    const folder = fresh();
    writeFileSync(join(root, "other.onnx"), model({ name: "small" }));
    const bytes = Buffer.from(model());
    const at = bytes.indexOf(Buffer.from(Float32Array.of(0.25).buffer));
    bytes.set(Buffer.from(Float32Array.of(0.26).buffer), at);
    writeFileSync(join(root, "changed.onnx"), bytes);
    const asked: readonly Parameters<typeof bound>[] = [
      [folder],
      [folder, { method: "ibp" }],
      [folder, { relaxation: { Relu: "same-slope" } }],
      [folder, { norm: 2 }],
      [folder, { spec: [[1, 0]] }],
      [folder, {}, {}, "changed.onnx"],
    ];
    for (const query of asked) expect((await bound(...query)).compiled, JSON.stringify(query)).to.equal(1);
    for (const query of asked) expect((await bound(...query)).compiled, JSON.stringify(query)).to.equal(0);
    expect(programsOf(folder)).to.have.length(asked.length);
  });

  for (const kind of ["program", "note"])
    it(`are written anew where a file is corrupt: a ${kind}`, async () => {
      const folder = fresh();
      const { lower } = await bound(folder);
      const file = filesOf(folder).find((name) => name.endsWith(kind))!;
      const whole = readFileSync(file);
      const flipped = Buffer.from(whole);
      flipped[whole.length - 5]! ^= 1;
      const versions = [
        Buffer.alloc(0),
        whole.subarray(0, 30),
        whole.subarray(0, whole.length - 1),
        flipped,
        Buffer.from("not at all"),
        Buffer.concat([whole, Buffer.from("x")]),
      ];
      for (const bytes of versions) {
        writeFileSync(file, bytes);
        const again = await bound(folder);
        expect([again.compiled, again.lower]).to.deep.equal([kind === "program" ? 1 : 0, lower]);
        expect(readFileSync(file).equals(whole)).to.equal(true);
      }
    });

  for (const kind of ["program", "note"])
    it(`are not taken for one another, whatever their files are called: a ${kind}`, async () => {
      const [folder, other] = [fresh(), fresh()];
      const [crown, ibp] = [await bound(folder), await bound(other, { method: "ibp" })];
      expect(crown.lower).to.not.deep.equal(ibp.lower);
      const fileOf = (where: string): string => filesOf(where).find((name) => name.endsWith(kind))!;
      copyFileSync(fileOf(other), fileOf(folder));
      const again = await bound(folder);
      expect([again.compiled, again.lower, again.upper]).to.deep.equal([
        kind === "program" ? 1 : 0,
        crown.lower,
        crown.upper,
      ]);
    });

  it("are not waited for where a pipe or a folder has their name", async function () {
    if (process.platform === "win32") this.skip();
    const folder = fresh();
    const { lower } = await bound(folder);
    for (const put of [(file: string) => execFileSync("mkfifo", [file]), (file: string) => mkdirSync(file)]) {
      for (const file of filesOf(folder)) {
        rmSync(file, { recursive: true });
        put(file);
      }
      expect((await bound(folder)).lower).to.deep.equal(lower);
    }
  });

  it("may be written by several at once", async () => {
    const folder = fresh();
    const all = await Promise.all(Array.from({ length: 6 }, () => bound(folder)));
    for (const { lower } of all) expect(lower).to.deep.equal(all[0]!.lower);
    expect(filesOf(folder)).to.have.length(2);
    expect((await bound(folder)).compiled).to.equal(0);
  });

  it("are a warning, not a failure, where none can be written", async () => {
    writeFileSync(join(root, "a file"), "");
    const warnings: string[] = [];
    const listen = (warning: Error): unknown => warnings.push(warning.message);
    process.on("warning", listen);
    const { compiled, lower } = await bound(join(root, "a file", "cache"));
    await new Promise(setImmediate);
    process.off("warning", listen);
    expect([compiled, lower.length]).to.deep.equal([1, 2]);
    expect(warnings.join()).to.match(/cannot keep programs in .*not a directory/);
  });

  it("are not kept for a plugin or a method whose code nobody can tell from another's", async () => {
    const folder = fresh();
    await bound(folder, {}, { plugins: [definePlugin({ name: "made-up-in-a-test", apiVersion: 2 })] });
    expect(filesOf(folder)).to.deep.equal([]);
  });

  it("are kept with methods of a package, and change with its code; with the option methods they are not", async () => {
    const folder = fresh();
    const project = fresh();
    const own = join(project, "node_modules", "lirpa-plugin-own");
    mkdirSync(own, { recursive: true });
    writeFileSync(join(project, "package.json"), "{}");
    writeFileSync(join(own, "package.json"), JSON.stringify({ name: "lirpa-plugin-own", version: "1.0.0" }));
    let recorded = 0;
    const rows: Rows = (...asked) => (recorded++, boundsByBackward(...asked));
    const recipe = { intermediate: rowBounds(rows), rows };
    const method = defineMethod({ name: "own", description: "", needs: "backward", ...recordedBy("own", recipe) });
    const plugin = definePlugin({ name: "lirpa-plugin-own", apiVersion: 2, methods: [method] });
    const asked = () => bound(folder, { method: "own" }, { plugins: [plugin], project });
    writeFileSync(join(own, "index.js"), "1");
    const first = await asked();
    const times = recorded;
    const second = await asked();
    expect(times).to.be.greaterThan(0);
    expect([first.compiled, second.compiled, second.loaded, recorded]).to.deep.equal([1, 0, 1, times]);
    expect(second.lower).to.deep.equal(first.lower);
    writeFileSync(join(own, "index.js"), "2");
    expect((await asked()).compiled).to.equal(1);
    const nowhere = fresh();
    await bound(nowhere, { method: "own" }, { methods: [...standardMethods, method], project });
    expect(filesOf(nowhere)).to.deep.equal([]);
  });

  it("change with the code of a plugin's package", async () => {
    const project = fresh();
    const own = join(project, "node_modules", "lirpa-plugin-own");
    mkdirSync(own, { recursive: true });
    writeFileSync(join(project, "package.json"), "{}");
    writeFileSync(join(own, "package.json"), JSON.stringify({ name: "lirpa-plugin-own", version: "1.0.0" }));
    const { packageHash } = await import("./packages.js");
    const hashes = ["1", "1", "2"].map(
      (content) => (writeFileSync(join(own, "index.js"), content), packageHash("lirpa-plugin-own", project)),
    );
    expect(hashes[0]).to.match(/^[0-9a-f]{64}$/);
    expect([hashes[0] === hashes[1], hashes[0] === hashes[2]]).to.deep.equal([true, false]);
    expect(packageHash("lirpa-plugin-nowhere", project)).to.equal(undefined);
  });
});
