import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { expect } from "chai";
import { standardMethods } from "@lirpa/core";
import { isInternal } from "@lirpa/core/plugin";
import { standardPlugins } from "lirpa";
import {
  blocksOf,
  brokenLinks,
  closeWorkplace,
  compile,
  FOLDER,
  hasOnnxRuntime,
  openWorkplace,
  pages,
  prints,
  PYTHON,
  QUICKSTART,
  runCompiled,
  runPython,
  runScript,
  runShell,
  type Block,
  type Ran,
} from "./documents.js";
import { repositoryPath } from "./shared.js";

interface Manifest {
  readonly name: string;
  readonly lirpa: { readonly operators?: readonly string[]; readonly perturbations?: readonly string[] };
}

const all = pages().flatMap(blocksOf);
const typescript = all.filter(({ language, flags }) => language === "ts" && !flags.includes("no-check"));
const json = all.filter(({ language }) => language === "json");
const runnable = all.filter(
  ({ language, flags, text }) =>
    !flags.includes("no-run") &&
    !flags.includes("no-check") &&
    (language === "ts" || (language === "sh" && /^npx lirpa/m.test(text))),
);
const title = ({ page, line }: Block): string => `${page}:${line}`;

describe("the documentation", function () {
  this.timeout(60_000);
  const results = new Map<Block, Promise<Ran>>();
  let complaints = "";
  let rebuilt: Ran | undefined;

  before(async () => {
    openWorkplace();
    for (const { file, text } of json)
      if (file !== undefined && !existsSync(join(FOLDER, file))) writeFileSync(join(FOLDER, file), text);
    rebuilt = await runScript(join(FOLDER, "make-model.mjs"));
    complaints = await compile(typescript);
    // Two at a time: each is a process of its own.
    const lanes: Promise<unknown>[] = [Promise.resolve(), Promise.resolve()];
    runnable.forEach((block, i) => {
      const run = lanes[i % lanes.length]!.then(() => (block.language === "ts" ? runCompiled(block) : runShell(block)));
      results.set(block, run);
      lanes[i % lanes.length] = run;
    });
  });

  after(closeWorkplace);

  it("has examples that compile", () => {
    expect(complaints).to.equal("");
  });

  it("has JSON that can be read, and is that of the files it names", () => {
    for (const block of json) {
      const value: unknown = JSON.parse(block.text);
      const file = block.file === undefined ? undefined : join(QUICKSTART, block.file);
      if (file === undefined || !existsSync(file)) continue;
      expect(
        isDeepStrictEqual(value, JSON.parse(readFileSync(file, "utf8"))),
        `${title(block)} differs from ${block.file}`,
      ).to.equal(true);
    }
  });

  for (const block of runnable) {
    it(`runs ${title(block)}`, async () => {
      const { code, stdout, stderr } = await results.get(block)!;
      const wanted = Number(block.flags.find((flag) => flag.startsWith("exit="))?.slice(5) ?? 0);
      expect(code, stderr + stdout).to.equal(wanted);
      if (block.output === undefined) return;
      const printed = wanted === 0 ? stdout : stderr;
      expect(prints(block.output, printed), `it prints\n${printed}`).to.equal(true);
    });
  }

  for (const block of all.filter(({ language }) => language === "python")) {
    it(`runs ${title(block)} in Python`, async function () {
      if (!(await hasOnnxRuntime())) {
        console.log(`      skipped: ${PYTHON} has no onnxruntime (LIRPA_PYTHON names an interpreter that has)`);
        this.skip();
      }
      // It may read what other blocks write, and waits for all of them.
      this.timeout(600_000);
      await Promise.all(results.values());
      const { code, stdout, stderr } = await runPython(block.text);
      expect(code, stderr).to.equal(0);
      expect(prints(block.output!, stdout), `it prints\n${stdout}`).to.equal(true);
    });
  }

  it("has a model for its examples that is what its script writes", () => {
    expect(rebuilt?.code, rebuilt?.stderr).to.equal(0);
    expect(readFileSync(join(FOLDER, "model.onnx")).equals(readFileSync(join(QUICKSTART, "model.onnx")))).to.equal(
      true,
    );
  });

  it("links only to what is there", () => {
    expect(pages().flatMap(brokenLinks)).to.deep.equal([]);
  });

  it("explains every error code and no other, with the exit code that it has", () => {
    const union = /export type ErrorCode =([^;]*);/.exec(source("core/src/plugin/errors.ts"))![1]!;
    const codes = [...union.matchAll(/"(LIRPA_\w+)"/g)].map(([, code]) => code!);
    const explained = [...source("docs/errors.md").matchAll(/^## (LIRPA_\w+)\n+Exit code (\d+)\./gm)];
    expect(explained.map(([, code]) => code)).to.deep.equal(codes);
    const exits = source("lirpa/src/command/exit-codes.ts");
    const numbers = Object.fromEntries([...exits.matchAll(/(\w+): (\d+)/g)].map(([, name, value]) => [name, value]));
    for (const [, code, exit] of explained)
      expect(exit, code).to.equal(numbers[new RegExp(`${code!}: exitCodes\\.(\\w+)`).exec(exits)![1]!]);
  });

  it("lists the standard packages with what their manifests bring", () => {
    const manifests = standardPlugins.map(
      ({ name }) => JSON.parse(source(`node_modules/${name}/package.json`)) as Manifest,
    );
    const rows = manifests.map(({ name, lirpa: { operators = [], perturbations = [] } }) => {
      // No model names the operators that only expansions are made of.
      const readable = operators.filter((key) => !isInternal(key));
      return `| \`${name}\` | ${[...readable, ...perturbations.map((type) => `\`${type}\``)].join(", ")} |`;
    });
    expect(source("README.md").match(/^\| `@lirpa\/.*$/gm), `the table must be\n${rows.join("\n")}\n`).to.have.members(
      rows,
    );
  });

  it("lists operators that a file can ask for, by the opsets that are read", () => {
    const [, oldest, newest] = /rules are written for opsets (\d+) to (\d+)/.exec(source("README.md"))!;
    const read = source("onnx/src/opsets.ts");
    expect([oldest, newest]).to.deep.equal(
      ["OLDEST", "NEWEST"].map((name) => new RegExp(`${name} = (\\d+)`).exec(read)![1]),
    );
    const operators = standardPlugins.flatMap((plugin) => plugin.operators).filter(({ domain = "" }) => domain === "");
    const beyond = operators.filter(({ sinceVersion }) => sinceVersion > Number(newest)).map(({ type }) => type);
    expect(beyond).to.deep.equal([]);
  });

  it("explains every function of the vocabulary and no other, with the parameters that it has", () => {
    const vocabulary = /export interface TensorOps \{([^]*?)\n\}/.exec(source("core/src/plugin/tensor.ts"))![1]!;
    const declared = [...vocabulary.matchAll(/^ {2}(\w+)\(([^]*?)\): /gm)].map(([, name, list]) => {
      const parameters = [...list!.matchAll(/(\w+\??):/g)].map(([, parameter]) => parameter);
      return `${name}(${parameters.join(", ")})`;
    });
    const explained = [...source("docs/vocabulary.md").matchAll(/^\| `(\w+\(.*?\))` \| \S/gm)].map(
      ([, signature]) => signature,
    );
    expect(explained).to.deep.equal(declared);
  });

  it("names every method, and every option of the command", () => {
    const methods = standardMethods.map(({ name }) => name);
    expect([...source("docs/methods.md").matchAll(/^## `([\w+-]+)`/gm)].map(([, name]) => name)).to.have.members(
      methods,
    );
    for (const page of ["README.md", "docs/methods.md"])
      expect(
        [...source(page).matchAll(/^\| `([\w+-]+)` \| (?:intervals|linear)/gm)].map(([, name]) => name),
        page,
      ).to.have.members(methods);
    const options = [...source("lirpa/src/command/usage.ts").matchAll(/ption\(\s*"(?:-\w, )?(--[\w-]+)/g)].map(
      ([, name]) => name!,
    );
    const described = [...source("docs/command.md").matchAll(/^\| (?:`-\w`, )?`(--[\w-]+)/gm)].map(([, name]) => name!);
    expect(described).to.have.members(options.filter((name) => name !== "--version" && name !== "--help"));
  });
});

function source(path: string): string {
  return readFileSync(repositoryPath(path), "utf8");
}
