import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { definePlugin } from "@lirpa/core/plugin";
import { isLirpaError, type LirpaError } from "@lirpa/core";
import { expect } from "chai";
import { createLirpa } from "./create.js";

const core = dirname(createRequire(import.meta.url).resolve("@lirpa/core/package.json"));
const code = `
  import { defineOperator, definePlugin } from "@lirpa/core/plugin";
  const triple = defineOperator({
    type: "Triple", domain: "com.example", sinceVersion: 1, kind: "linear", inputs: ["X"], nonnegative: true,
    forward: ({ t }, x) => t.mul(x, 3),
  });
  export default definePlugin({ name: "tripling", apiVersion: 2, operators: [triple] });`;

describe("createLirpa", () => {
  let folder = "";
  const project = (manifest: object): string => {
    writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
    return folder;
  };
  const refusal = async (options: Parameters<typeof createLirpa>[0]): Promise<LirpaError> => {
    const error: unknown = await createLirpa(options).then(
      () => expect.fail("created"),
      (reason: unknown) => reason,
    );
    if (!isLirpaError(error)) throw error;
    return error;
  };
  const brings = async (options: Parameters<typeof createLirpa>[0]): Promise<string | undefined> =>
    (await createLirpa(options)).registry.operator("com.example", "Triple", 1)?.plugin;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "lirpa-create-"));
    const plugin = join(folder, "node_modules", "tripling");
    mkdirSync(plugin, { recursive: true });
    mkdirSync(join(folder, "node_modules", "@lirpa"));
    symlinkSync(core, join(folder, "node_modules", "@lirpa", "core"), "junction");
    writeFileSync(join(plugin, "index.js"), code);
    writeFileSync(
      join(plugin, "package.json"),
      JSON.stringify({
        name: "tripling",
        type: "module",
        exports: { ".": { default: "./index.js" }, "./package.json": "./package.json" },
        lirpa: { apiVersion: 2, operators: ["com.example:Triple"] },
      }),
    );
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("takes the plugins that a project allows, by the path of its manifest or of its folder", async () => {
    const path = project({ lirpa: { plugins: ["tripling"] } });
    expect(await brings({ project: path })).to.equal("tripling");
    expect(await brings({ project: join(path, "package.json") })).to.equal("tripling");
  });

  it("takes none where the project allows none, or where it shall not look", async () => {
    expect(await brings({ project: project({ devDependencies: { tripling: "*" } }) })).to.equal(undefined);
    expect(await brings({ project: false })).to.equal(undefined);
  });

  it("prefers a plugin that is handed over to the project's of that name", async () => {
    const path = project({ lirpa: { plugins: ["tripling"] } });
    const mine = definePlugin({ name: "tripling", apiVersion: 2 });
    expect(await brings({ project: path, plugins: [mine] })).to.equal(undefined);
  });

  it("names a plugin of the project that is in the way, before there is anything to bound with", async () => {
    const path = project({ lirpa: { plugins: ["tripling", "absent"] } });
    expect((await refusal({ project: path })).message).to.include("[absent]");
    expect((await refusal({ project: "/nonexistent-of-lirpa" })).code).to.equal("LIRPA_OPTION");
  });
});
