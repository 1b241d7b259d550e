import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isLirpaError } from "@lirpa/core/plugin";
import { expect } from "chai";
import { discoverPlugins } from "./discover.js";
import { findProject } from "./project.js";
import { described, projects } from "./support.test.js";

/** A module that tells of its being imported. */
const loud = "globalThis.imported = true; throw new Error('imported');";

describe("finding plugins", () => {
  const project = projects();

  it("begins at the nearest package.json", () => {
    const path = project({});
    const deep = join(dirname(path), "src", "deep");
    mkdirSync(deep, { recursive: true });
    for (const from of [path, dirname(path), deep]) expect(findProject(from)).to.equal(path);
  });

  it("tells what the project allows from what is suggested, by manifests alone", () => {
    const brings = { operators: ["Gelu"], perturbations: ["cloud"], methods: ["best"] };
    const path = project(
      {
        lirpa: { plugins: ["lirpa-plugin-b"] },
        dependencies: { "lirpa-plugin-b": "*", "left-pad": "*", absent: "*" },
        devDependencies: { "@some/lirpa-plugin-a": "*" },
      },
      {
        "lirpa-plugin-b": { code: loud, manifest: described },
        "@some/lirpa-plugin-a": { code: loud, manifest: { lirpa: { apiVersion: 2, ...brings } } },
        "left-pad": {},
        stranger: { manifest: described },
      },
    );
    const { allowed, suggested, problems, project: found } = discoverPlugins(path);
    expect(found).to.equal(path);
    expect(allowed.map(({ name, version }) => [name, version])).to.deep.equal([["lirpa-plugin-b", "1.2.3"]]);
    expect(suggested).to.have.length(1);
    expect(suggested[0]).to.deep.include({ name: "@some/lirpa-plugin-a", apiVersion: 2, ...brings });
    expect(problems).to.deep.equal([]);
    expect("imported" in globalThis).to.equal(false);
  });

  it("keeps the order of the list and drops repetitions", () => {
    const path = project(
      { lirpa: { plugins: ["z", "a", "z"] } },
      { a: { manifest: described }, z: { manifest: described } },
    );
    expect(discoverPlugins(path).allowed.map(({ name }) => name)).to.deep.equal(["z", "a"]);
  });

  it("takes no package for a plugin that only has a list of its own", () => {
    const path = project({ dependencies: { app: "*" } }, { app: { manifest: { lirpa: { plugins: ["x"] } } } });
    expect(discoverPlugins(path).suggested).to.deep.equal([]);
  });

  it("takes a path for a file, or for a folder by its manifest, and imports neither", () => {
    const path = project(
      { lirpa: { plugins: ["./own.mjs", "./packs/shrink"] }, dependencies: { shrink: "*" } },
      { shrink: { manifest: described } },
    );
    const folder = dirname(path);
    mkdirSync(join(folder, "packs", "shrink"), { recursive: true });
    writeFileSync(join(folder, "own.mjs"), loud);
    writeFileSync(
      join(folder, "packs", "shrink", "package.json"),
      JSON.stringify({ name: "shrink", version: "3.0.0", ...described }),
    );
    const { allowed, suggested, problems } = discoverPlugins(path);
    expect(problems).to.deep.equal([]);
    expect(suggested, "the path stands for it").to.deep.equal([]);
    expect(allowed[0]).to.deep.include({
      name: "./own.mjs",
      path: join(folder, "own.mjs"),
      manifest: undefined,
      described: false,
    });
    expect(allowed[1]).to.deep.include({
      name: "shrink",
      version: "3.0.0",
      path: join(folder, "packs", "shrink"),
      operators: ["com.example:Double"],
    });
    expect("imported" in globalThis).to.equal(false);
  });

  it("complains where a project was named that is not there", () => {
    const path = project({});
    for (const from of ["/", join(dirname(path), "nowhere")])
      expect(() => discoverPlugins(from))
        .to.throw("no package.json")
        .with.property("code", "LIRPA_OPTION");
  });

  const wrong: readonly {
    readonly what: string;
    readonly allowed: string;
    readonly says: readonly string[];
    readonly manifest?: Record<string, unknown>;
  }[] = [
    {
      what: "that is not installed",
      allowed: "lirpa-plugin-nowhere",
      says: ["[lirpa-plugin-nowhere]", "not installed", "npm install lirpa-plugin-nowhere"],
    },
    {
      what: "at a path that leads nowhere",
      allowed: "../outside",
      says: ["[../outside]", "no such file or folder", "starts at"],
    },
    {
      what: "that is a folder without a manifest",
      allowed: "./node_modules",
      says: ["[./node_modules]", "package.json"],
    },
    {
      what: "that hides its manifest",
      allowed: "odd",
      manifest: { ...described, exports: { ".": "./index.js" } },
      says: ["[odd]", "does not export its package.json", '"./package.json"'],
    },
    {
      what: "of a later generation",
      allowed: "odd",
      manifest: { lirpa: { apiVersion: 3 } },
      says: ["[odd]", "generation 3", "this is generation 2", "Update lirpa"],
    },
    {
      what: "of an earlier generation",
      allowed: "odd",
      manifest: { lirpa: { apiVersion: 0 } },
      says: ["[odd]", "generation 0", "Update the plugin"],
    },
    {
      what: "of no generation",
      allowed: "odd",
      manifest: { lirpa: { apiVersion: "one", operators: [] } },
      says: ["[odd]", "generation", "Update the plugin"],
    },
  ];
  for (const { what, allowed, says, manifest } of wrong) {
    it(`reports a plugin ${what}, by name and with a hint`, () => {
      const path = project(
        { lirpa: { plugins: [allowed] } },
        manifest === undefined ? {} : { [allowed]: { manifest } },
      );
      const { problems, allowed: usable } = discoverPlugins(path);
      expect(usable).to.deep.equal([]);
      expect(problems).to.have.length(1);
      const [problem] = problems;
      expect(problem!.code).to.equal("LIRPA_PLUGIN");
      expect(problem!.details).to.deep.include({ plugin: allowed, project: path });
      for (const part of says) expect(`${problem!.message} ${problem!.hint}`).to.include(part);
    });
  }

  for (const [what, manifest] of Object.entries({
    "is no JSON": "{",
    "is no object": "[]",
    "has a list that is none": { lirpa: { plugins: "lirpa-plugin-a" } },
    "has a field that is none": { lirpa: ["lirpa-plugin-a"] },
    "allows what is no name": { lirpa: { plugins: ["not/a/name"] } },
    "allows a number": { lirpa: { plugins: [1] } },
  })) {
    it(`refuses a project whose manifest ${what}, naming it`, () => {
      const path = project(manifest);
      try {
        discoverPlugins(path);
        expect.fail("accepted");
      } catch (error) {
        if (!isLirpaError(error)) throw error;
        expect([error.code, error.details["project"]]).to.deep.equal(["LIRPA_PLUGIN", path]);
        expect(error.message).to.include(path);
        expect(error.hint).to.be.a("string");
      }
    });
  }
});
