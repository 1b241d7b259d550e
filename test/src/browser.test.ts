import { readFileSync } from "node:fs";
import { builtinModules, createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { createLirpa } from "lirpa";
import { bundle, type Bundle } from "./browser/bundle.js";
import { findChromium, openPage } from "./browser/chromium.js";
import { answer, DEMO, QUICKSTART, questions, type Answer } from "./browser/questions.js";
import { blocksOf, prints } from "./documents.js";
import { repositoryPath } from "./shared.js";

/** What a page loads besides ONNX Runtime's WebAssembly: bytes, minified, and bytes as they travel. */
const BUDGET = { code: 600_000, gzip: 180_000 };
const WASM = "ort-wasm-simd-threaded.wasm";
/** Programs run in 32-bit floats, and WebAssembly sums in another order than Node's kernels do. */
const ROUNDING = 1e-5;

const require = createRequire(import.meta.url);
const kilobytes = (bytes: number): string => `${Math.round(bytes / 1000)} kB`;

describe("lirpa in a browser", function () {
  this.timeout(60_000);
  let bundled: Bundle;
  before(async () => (bundled = await bundle(fileURLToPath(new URL("./browser/page.js", import.meta.url)))));

  it("needs no Node, no file system, no registry and nothing of the command", () => {
    const files = Object.keys(bundled.inputs);
    const imports = Object.values(bundled.inputs).flatMap((file) => file.imports.map(({ path }) => path));
    const ofNode = new Set([...builtinModules, ...builtinModules.map((name) => `node:${name}`)]);
    expect(imports.filter((path) => ofNode.has(path))).to.deep.equal([]);
    const wrong = [
      /^(registry|executors\/onnxruntime|executors\/reference)\//,
      /onnxruntime-node|commander/,
      /^lirpa\/dist\/(command|files|disk-cache)/,
    ];
    expect(files.filter((file) => wrong.some((one) => one.test(file)))).to.deep.equal([]);
    expect(files).to.include.members(["lirpa/dist/browser.js", "core/dist/index.js"]);
  });

  it("is small beside ONNX Runtime's WebAssembly", () => {
    const { code, gzip } = bundled;
    const wasm = readFileSync(require.resolve(`onnxruntime-web/${WASM}`)).length;
    console.log(`      ${kilobytes(code.length)}, ${kilobytes(gzip)} compressed; ${WASM} has ${kilobytes(wasm)}`);
    expect(code.length).to.be.at.most(BUDGET.code);
    expect(gzip).to.be.at.most(BUDGET.gzip);
  });

  it("gives the bounds that it gives in Node, of the quick start's model and of the demo's network", async function () {
    const browser = chromiumOrSkip(this);
    const answers = (await openPage(browser, filesOf(bundled), 50_000)) as readonly Answer[];
    const expected = await answersOfNode();
    expect(answers.map(({ name }) => name)).to.deep.equal(expected.map(({ name }) => name));
    let most = 0;
    for (const [i, { name, lower, upper }] of expected.entries()) {
      const found = answers[i]!;
      for (const [end, values, others] of [
        ["lower", lower, found.lower],
        ["upper", upper, found.upper],
      ] as const) {
        expect(others, `${name}, ${end}`).to.have.length(values.length);
        values.forEach((value, at) => {
          const off = Math.abs(others[at]! - value) / (1 + Math.abs(value));
          most = Math.max(most, off);
          expect(off, `${name}, ${end}, element ${at}: ${others[at]} and ${value}`).to.be.at.most(ROUNDING);
        });
      }
    }
    console.log(`      ${expected.length} bounds agree to ${most.toExponential(1)}, relative to 1 + their size`);
  });

  it("runs the page of the documentation as it is written", async function () {
    const browser = chromiumOrSkip(this);
    const blocks = blocksOf("docs/executors.md");
    const script = blocks.find(({ file }) => file === "app.ts")!;
    const html = blocks.find(({ file }) => file === "index.html")!;
    const { code } = await bundle(repositoryPath(QUICKSTART, "app.ts"), script.text);
    const model = readFileSync(repositoryPath(QUICKSTART, "model.onnx"));
    const files = new Map([...pageOf(html.text), ["/app.js", code], ["/model.onnx", model]]);
    const printed = await openPage(browser, files, 50_000);
    expect(prints(script.output!, String(printed)), `it prints ${String(printed)}`).to.equal(true);
  });
});

/** In front of a page's own scripts: what it fails with, and what it prints, is posted. */
const WATCH = `<!doctype html><link rel="icon" href="data:,"><script>
  const post = (path, body) => void fetch(path, { method: "POST", body: JSON.stringify(body) });
  onerror = (message) => post("/failure", message);
  onunhandledrejection = ({ reason }) => post("/failure", String(reason));
  console.log = (...words) => post("/answers", words.join(" "));
</script>`;

function chromiumOrSkip(context: Mocha.Context): string {
  const browser = findChromium();
  if (browser !== undefined) return browser;
  console.log("      skipped: there is no Chromium (`apt-get install chromium`, or LIRPA_BROWSER names one)");
  return context.skip();
}

function filesOf({ code }: Bundle): ReadonlyMap<string, Uint8Array> {
  const files = [`${QUICKSTART}/model.onnx`, `${QUICKSTART}/query.json`, `${DEMO}/mnist.onnx`, `${DEMO}/digits.json`];
  return new Map<string, Uint8Array>([
    ...pageOf('<script type="module" src="/page.js"></script>'),
    ["/page.js", code],
    ...files.map((file): [string, Uint8Array] => [`/${file}`, readFileSync(repositoryPath(file))]),
  ]);
}

function pageOf(html: string): ReadonlyMap<string, Uint8Array> {
  return new Map([
    ["/index.html", new TextEncoder().encode(WATCH + html)],
    [`/${WASM}`, readFileSync(require.resolve(`onnxruntime-web/${WASM}`))],
  ]);
}

async function answersOfNode(): Promise<Answer[]> {
  const lirpa = await createLirpa({ project: false });
  const query = readFileSync(repositoryPath(QUICKSTART, "query.json"), "utf8");
  const digits = readFileSync(repositoryPath(DEMO, "digits.json"), "utf8");
  const all: Answer[] = [];
  for (const question of questions(query, digits)) {
    all.push(await answer(lirpa, question, (model) => repositoryPath(model)));
  }
  await lirpa.dispose();
  return all;
}
