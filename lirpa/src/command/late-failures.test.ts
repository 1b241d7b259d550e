import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { exitCodes } from "./exit-codes.js";
import { lirpa, queue, temporaryFolder, writeExample, type Outcome } from "./support.test.js";

const NAME = "lirpa-plugin-late";
const core = JSON.stringify(import.meta.resolve("@lirpa/core/plugin"));
const right = `import { definePlugin } from ${core};
export default definePlugin({ name: "${NAME}", apiVersion: 2 });`;

/** What a plugin does besides being one, and what the one line says of it. */
const failing: Readonly<Record<string, { readonly code: string; readonly says: string }>> = {
  "leaves a promise rejected": { code: 'Promise.reject(new Error("nobody waits"));', says: "nobody waits" },
  "leaves a promise rejected with no error": { code: 'Promise.reject("just words");', says: "just words" },
  "throws in a timer": { code: 'setTimeout(() => { throw new Error("too late"); }, 1);', says: "too late" },
  "throws at the next tick": { code: 'process.nextTick(() => { throw new TypeError("next"); });', says: "next" },
  "throws at once": { code: 'throw new Error("at once");', says: "at once" },
  "ends the process well": { code: "process.exit(0);", says: "ends the process" },
  "ends the process badly": { code: "process.exit(3);", says: "ends the process" },
  "waits for nothing, for ever": {
    code: "await new Promise(() => undefined);",
    says: "not done with its import after 10 seconds",
  },
  "waits for ever, and keeps busy": {
    code: "setInterval(() => undefined, 1000); await new Promise(() => undefined);",
    says: "not done with its import after 10 seconds",
  },
};

describe("a plugin that fails when nobody expects it", function () {
  this.timeout(120_000);
  const folder = temporaryFolder();
  const enqueue = queue();
  const outcomes = new Map<string, Promise<Outcome>>();

  /** A project that allows one plugin. */
  function project(name: string, code: string): string {
    const root = join(folder, name.replaceAll(/\W/g, "-"));
    const installed = join(root, "node_modules", NAME);
    mkdirSync(installed, { recursive: true });
    writeFileSync(join(root, "package.json"), JSON.stringify({ name: "project", lirpa: { plugins: [NAME] } }));
    writeFileSync(
      join(installed, "package.json"),
      JSON.stringify({
        name: NAME,
        version: "1.0.0",
        type: "module",
        exports: { ".": "./index.js", "./package.json": "./package.json" },
        lirpa: { apiVersion: 2, operators: [] },
      }),
    );
    writeFileSync(join(installed, "index.js"), `${right}\n${code}`);
    writeExample(root);
    return root;
  }

  const bounds = ["bounds", "model.onnx", "--query", "query.json", "--json"];

  before(() => {
    for (const [what, { code }] of Object.entries(failing)) {
      const root = project(what, code);
      outcomes.set(
        what,
        enqueue(() => lirpa(bounds, { cwd: root })),
      );
      outcomes.set(
        `doctor: ${what}`,
        enqueue(() => lirpa(["plugins", "doctor"], { cwd: root })),
      );
    }
  });

  for (const [what, { says }] of Object.entries(failing)) {
    it(`is named in one line: one that ${what}`, async () => {
      const { code, stdout, stderr } = await outcomes.get(what)!;
      expect(code, stderr).to.equal(exitCodes.unavailable);
      expect(stdout).to.equal("");
      expect(stderr)
        .to.match(/^lirpa: [^\n]+[.?]\n$/)
        .and.include(`[${NAME}]`)
        .and.include(says);
    });

    it(`is found by the doctor: one that ${what}`, async () => {
      const { code, stdout, stderr } = await outcomes.get(`doctor: ${what}`)!;
      expect(code, stderr).to.equal(exitCodes.unavailable);
      expect(stdout + stderr)
        .to.include(`[${NAME}]`)
        .and.include(says);
      expect(stdout + stderr).to.not.match(/^\s+at /m);
    });
  }

  it("does not spoil --json by what it prints", async () => {
    const code = `
      console.log("hello");
      console.info("there");
      process.stdout.write("all\\n");
      setTimeout(() => console.log("later"), 1);`;
    const { code: ended, stdout, stderr } = await lirpa(bounds, { cwd: project("prints", code) });
    expect(ended, stderr).to.equal(exitCodes.done);
    expect(JSON.parse(stdout)).to.have.property("method", "crown");
    expect(stderr).to.include("hello").and.include("there").and.include("all");
  });
});
