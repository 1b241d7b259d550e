import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { defineOperator, definePlugin, isLirpaError, type LirpaError } from "@lirpa/core/plugin";
import { standardMethods } from "@lirpa/core";
import { expect } from "chai";
import { examinePlugins, loadPlugins, type LoadOptions } from "./load.js";
import { described, doubling, projects, type Package } from "./support.test.js";

const field = (...operators: readonly string[]): NonNullable<Package["manifest"]> => ({
  lirpa: { apiVersion: 2, operators },
});
const standard = definePlugin({
  name: "@lirpa/standard",
  apiVersion: 2,
  operators: [
    defineOperator({
      type: "Double",
      domain: "com.example",
      sinceVersion: 1,
      kind: "linear",
      inputs: ["X"],
      nonnegative: true,
      forward: ({ t }, x) => t.mul(x!, 2),
    }),
  ],
});

/** The code of a plugin that brings CROWN by other names. */
const bounding = (name: string, methods: readonly (readonly string[])[], fields: string = ""): string => `
  import { defineMethod } from "@lirpa/core/recording";
  import { definePlugin } from "@lirpa/core/plugin";
  import { standardMethods } from "@lirpa/core";
  const crown = standardMethods.find(({ name }) => name === "crown");
  const methods = ${JSON.stringify(methods)}.map(([name, ...aliases]) => defineMethod({ ...crown, name, aliases }));
  export default definePlugin({ name: ${JSON.stringify(name)}, apiVersion: 2, methods, ${fields} });`;

/** The code of a plugin. */
const made = (fields: string): string =>
  `import { definePlugin } from "@lirpa/core/plugin"; export default definePlugin({ ${fields} });`;

async function failure(path: string, options?: LoadOptions): Promise<LirpaError> {
  const error: unknown = await loadPlugins(path, options).then(
    () => expect.fail("loaded"),
    (reason: unknown) => reason,
  );
  if (!isLirpaError(error)) throw error;
  return error;
}

describe("loading plugins", () => {
  const project = projects();

  it("imports what is allowed, in the project's order, and nothing else", async () => {
    const path = project(
      { lirpa: { plugins: ["two", "one"] }, dependencies: { loud: "*" } },
      {
        one: { code: doubling("one", ["One"]), manifest: field("com.example:One") },
        two: { code: doubling("two", ["Two"]), manifest: field("com.example:Two") },
        loud: { code: "throw new Error('imported')", manifest: described },
      },
    );
    expect((await loadPlugins(path)).map(({ name }) => name)).to.deep.equal(["two", "one"]);
  });

  it("takes a CommonJS package", async () => {
    const code = `
      const { definePlugin } = require("@lirpa/core/plugin");
      module.exports = definePlugin({ name: "old-style", apiVersion: 2 });`;
    const path = project(
      { lirpa: { plugins: ["old-style"] } },
      { "old-style": { code, manifest: { type: "commonjs", lirpa: { apiVersion: 2 } } } },
    );
    expect((await loadPlugins(path))[0]!.name).to.equal("old-style");
  });

  it("imports a file, and a folder by its exports or its main", async () => {
    const path = project({ lirpa: { plugins: ["./own.mjs", "./exporting", "./plain"] } });
    const at = (...parts: readonly string[]): string => join(dirname(path), ...parts);
    writeFileSync(at("own.mjs"), doubling("anything", ["One"]));
    for (const [name, fields] of [
      ["exporting", { exports: "./index.js" }],
      ["plain", { main: "index.js" }],
    ] as const) {
      mkdirSync(at(name));
      writeFileSync(at(name, "package.json"), JSON.stringify({ name, type: "module", ...fields }));
      writeFileSync(at(name, "index.js"), doubling(name, [name]));
    }
    const { plugins, problems } = await examinePlugins(path);
    expect(plugins.map(({ name }) => name)).to.deep.equal(["anything", "exporting", "plain"]);
    expect(
      problems.map(({ details }) => details["plugin"]),
      "without the field lirpa",
    ).to.deep.equal(["exporting", "plain"]);
  });

  it("refuses a file that takes the name of another plugin", async () => {
    const path = project(
      { lirpa: { plugins: ["./own.mjs", "one"] } },
      { one: { code: doubling("one", ["One"]), manifest: field("com.example:One") } },
    );
    writeFileSync(join(dirname(path), "own.mjs"), doubling("one", ["Other"]));
    const { code, message } = await failure(path);
    expect(code).to.equal("LIRPA_PLUGIN");
    expect(message).to.include("[./own.mjs]").and.include('calls itself "one", as another plugin does');
  });

  it("does not load again what is there anyway", async () => {
    const path = project(
      { lirpa: { plugins: ["@lirpa/standard"] } },
      { "@lirpa/standard": { code: "throw new Error('imported')", manifest: described } },
    );
    expect(await loadPlugins(path, { besides: [standard] })).to.deep.equal([]);
  });

  it("lets a plugin take over an operator that it says it overrides", async () => {
    const path = project(
      { lirpa: { plugins: ["better"] } },
      { better: { code: doubling("better", ["Double"], 'overrides: ["com.example:Double"]'), manifest: described } },
    );
    expect(await loadPlugins(path, { besides: [standard] })).to.have.length(1);
  });

  it("lets a plugin bring methods, and take one over that it says it overrides", async () => {
    const code = bounding("better", [["best", "best-of-two"], ["crown"]], 'overrides: ["method:crown"]');
    const methods = ["best", "best-of-two", "crown"];
    const manifest = { lirpa: { apiVersion: 2, methods } };
    const path = project({ lirpa: { plugins: ["better"] } }, { better: { code, manifest } });
    const { plugins, problems } = await examinePlugins(path);
    expect(plugins.flatMap((plugin) => plugin.methods.map(({ name }) => name))).to.deep.equal(["best", "crown"]);
    expect(problems).to.deep.equal([]);
  });

  it("lets a plugin have the name of a method of core where the caller leaves core's out", async () => {
    const manifest = { lirpa: { apiVersion: 2, methods: ["crown"] } };
    const path = project({ lirpa: { plugins: ["own"] } }, { own: { code: bounding("own", [["crown"]]), manifest } });
    const ibp = standardMethods.filter(({ name }) => name === "ibp");
    expect(await loadPlugins(path, { methods: ibp })).to.have.length(1);
    expect((await failure(path)).code).to.equal("LIRPA_CONFLICT");
  });

  const wrong: readonly {
    readonly what: string;
    readonly code: string;
    readonly errorCode?: string;
    readonly manifest?: Package["manifest"];
    readonly says: readonly string[];
  }[] = [
    {
      what: "throws on import",
      code: "throw new Error('no luck\\ntoday');",
      says: ["throws when it is imported: no luck", "take it off lirpa.plugins"],
    },
    { what: "throws something that is no error", code: "throw 'luck';", says: ["throws when it is imported: luck"] },
    { what: "does not parse", code: "export default {", says: ["throws when it is imported"] },
    { what: "imports what is not there", code: 'import "left-pad";', says: ["throws when it is imported", "left-pad"] },
    {
      what: "has no default export",
      code: "export const plugin = 1;",
      says: ["is not a lirpa plugin", "definePlugin()"],
    },
    {
      what: "exports a look-alike",
      code: 'export default { name: "odd", apiVersion: 2, operators: [] };',
      says: ["is not a lirpa plugin", "definePlugin()"],
    },
    {
      what: "is branded, but hollow",
      code: 'export default { $$type: "lirpa.plugin", name: "odd", apiVersion: 2 };',
      says: ["is not a lirpa plugin", "definePlugin()"],
    },
    {
      what: "has another generation than its manifest says",
      code: made('name: "odd", apiVersion: 3'),
      says: ["generation 3", "Update lirpa"],
    },
    {
      what: "calls itself otherwise",
      code: doubling("even", ["Double"]),
      says: ['calls itself "even"', "that of its package"],
    },
    {
      what: "claims an operator twice",
      code: doubling("odd", ["Double", "Double"]),
      errorCode: "LIRPA_CONFLICT",
      says: ["claims the operator com.example:Double", "twice", "take it off lirpa.plugins"],
    },
    {
      what: "claims an operator of a standard pack",
      code: doubling("odd", ["Double"]),
      errorCode: "LIRPA_CONFLICT",
      says: ["com.example:Double", "@lirpa/standard", "overrides"],
    },
    {
      what: "overrides what it does not bring",
      code: doubling("odd", ["Triple"], 'overrides: ["Relu"]'),
      says: ["overrides Relu, but does not bring it"],
    },
    {
      what: "claims a method twice",
      code: bounding("odd", [["best"], ["better", "best"]]),
      errorCode: "LIRPA_CONFLICT",
      says: ["claims the method best twice"],
    },
    {
      what: "claims a method of core",
      code: bounding("odd", [["best", "crown"]]),
      errorCode: "LIRPA_CONFLICT",
      says: ["the method crown comes from @lirpa/core and from odd", "method:crown"],
    },
    {
      what: "overrides a method that it does not bring",
      code: bounding("odd", [["best"]], 'overrides: ["method:crown"]'),
      says: ["overrides method:crown, but does not bring it"],
    },
    {
      what: "lists what is no method",
      code: made('name: "odd", apiVersion: 2, methods: [{ name: "best" }]'),
      says: ["defineMethod()"],
    },
    {
      what: "lists what is no operator",
      code: made('name: "odd", apiVersion: 2, operators: [{ type: "Relu" }]'),
      says: ["defineOperator()"],
    },
    {
      what: "has an entry that only import finds",
      code: "export default 1;",
      manifest: { ...described, exports: { ".": { import: "./index.js" }, "./package.json": "./package.json" } },
      says: ["no entry that can be found", '"default"'],
    },
  ];
  for (const { what, code, errorCode = "LIRPA_PLUGIN", manifest = described, says } of wrong) {
    it(`names a plugin that ${what}, with a hint`, async () => {
      const path = project({ lirpa: { plugins: ["odd"] } }, { odd: { code, manifest } });
      const error = await failure(path, { besides: [standard] });
      expect(error.code).to.equal(errorCode);
      expect(error.message).to.include("odd").and.not.include("\n");
      expect(error.hint).to.be.a("string");
      expect(error.details).to.deep.include({ plugin: "odd", project: path });
      for (const part of says) expect(`${error.message} ${error.hint}`).to.include(part);
    });
  }

  it("names both plugins of a project that claim one operator", async () => {
    const path = project(
      { lirpa: { plugins: ["one", "two"] } },
      {
        one: { code: doubling("one", ["Double"]), manifest: described },
        two: { code: doubling("two", ["Double"]), manifest: described },
      },
    );
    const error = await failure(path);
    expect(error.code).to.equal("LIRPA_CONFLICT");
    expect(error.message).to.include("one").and.include("two");
  });
});

describe("examining plugins", () => {
  const project = projects();

  it("says all that is wrong at once, and keeps what is right", async () => {
    const path = project(
      { lirpa: { plugins: ["absent", "broken", "fine", "silent"] } },
      {
        broken: { code: "throw new Error('no luck')", manifest: described },
        fine: { code: doubling("fine", ["Double"]), manifest: described },
        silent: { code: doubling("silent", ["Other"]) },
      },
    );
    const { plugins, problems } = await examinePlugins(path);
    expect(plugins.map(({ name }) => name)).to.deep.equal(["fine", "silent"]);
    expect(problems.map(({ details }) => details["plugin"])).to.deep.equal(["absent", "broken", "silent"]);
    expect(problems[2]!.message).to.include('no "lirpa" field');
  });

  it("holds manifests to what the plugins bring", async () => {
    const path = project(
      { lirpa: { plugins: ["odd"] } },
      { odd: { code: doubling("odd", ["Triple"]), manifest: described } },
    );
    const { problems } = await examinePlugins(path);
    expect(problems).to.have.length(1);
    expect(problems[0]!.message)
      .to.include("it lacks com.example:Triple")
      .and.include("there is no com.example:Double");
    expect(await loadPlugins(path)).to.have.length(1);
  });

  it("holds manifests to the methods that the plugins bring", async () => {
    const manifest = { lirpa: { apiVersion: 2, operators: ["best"], methods: ["bets"] } };
    const path = project({ lirpa: { plugins: ["odd"] } }, { odd: { code: bounding("odd", [["best"]]), manifest } });
    const { problems } = await examinePlugins(path);
    expect(problems).to.have.length(1);
    expect(problems[0]!.message).to.include("it lacks method:best, there is no best, there is no method:bets");
  });
});
